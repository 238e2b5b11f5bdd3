/** The command that submits a job like this one. */

/**
 * @param {any} job with its args
 * @param {string} origin
 */
export function curl(job, origin) {
  const body = { kind: job.kind, args: job.args, ...chosen(job) };
  return [
    `curl -X POST ${quoted(`${origin}/api/jobs`)}`,
    `  -H "Authorization: Bearer $JOBCAST_TOKEN"`,
    `  -H 'Content-Type: application/json'`,
    `  -d ${quoted(JSON.stringify(body))}`,
  ].join(" \\\n");
}

/** What was asked for beside the args. @param {any} job */
function chosen({ priority, tags, metadata, concurrency_key, max_attempts }) {
  const given = { priority: priority || undefined, max_attempts, concurrency_key };
  const lists = {
    tags: tags?.length ? tags : undefined,
    metadata: Object.keys(metadata ?? {}).length ? metadata : undefined,
  };
  const all = Object.entries({ ...given, ...lists });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined && value !== null));
}

/** As one word of a shell, whatever is in it. @param {string} text */
function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

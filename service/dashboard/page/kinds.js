/** The kinds of job there are, asked for once. */

/** @type {Promise<any[]> | null} */
let asked = null;

/**
 * Return every kind; a failed question is asked again the next time.
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @returns {Promise<any[]>}
 */
export function kinds(jobcast) {
  asked ??= jobcast.kinds().then(
    ({ data }) => data,
    (error) => {
      asked = null;
      throw error;
    },
  );
  return asked;
}

/**
 * Return the schema of a kind's result; an empty one when the kind is not known any more.
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {string} name
 */
export async function resultSchema(jobcast, name) {
  const known = await kinds(jobcast).catch(() => []);
  return known.find(({ kind }) => kind === name)?.result ?? {};
}

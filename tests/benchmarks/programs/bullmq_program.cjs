// BullMQ's side: `fill JOBS` enqueues in bulk and tells how fast, `work` is a worker.
'use strict'
const fs = require('node:fs')
const { Queue, Worker } = require('bullmq')

const url = new URL(process.env.REDIS_URL)
const connection = { host: url.hostname, port: Number(url.port), maxRetriesPerRequest: null }
const [, , what, jobs] = process.argv

async function fill() {
  const queue = new Queue('bench', { connection })
  await queue.waitUntilReady()
  const begun = process.hrtime.bigint()
  for (let left = Number(jobs); left > 0; left -= 1000) {
    const some = Array.from({ length: Math.min(left, 1000) }, () => ({ name: 'noop', data: { value: 1 } }))
    await queue.addBulk(some)
  }
  process.stdout.write(String(Number(process.hrtime.bigint() - begun) / 1e9))
  await queue.close()
}

function work() {
  const file = fs.openSync(process.env.BENCH_TALLY, 'r+')
  const slot = Buffer.alloc(16)
  let count = 0n
  const stamp = () => {
    slot.writeBigUInt64LE(++count, 0)
    slot.writeBigUInt64LE(process.hrtime.bigint(), 8) // CLOCK_MONOTONIC here too
    fs.writeSync(file, slot, 0, 16, 16 * Number(process.env.BENCH_SLOT))
  }
  new Worker('bench', async (job) => { stamp(); return job.data.value }, { connection, concurrency: 100 })
}

if (what === 'work') work()
else fill()

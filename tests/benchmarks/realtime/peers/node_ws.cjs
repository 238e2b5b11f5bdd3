// npm `ws` and `ioredis` by hand: one Redis connection, buffers passed on as they come.
'use strict'
const http = require('node:http')
const { WebSocketServer } = require('ws')
const Redis = require('ioredis')

const listeners = new Map()
const redis = new (Redis.default || Redis)(process.env.REDIS_URL)
redis.on('messageBuffer', (channel, message) => {
  for (const socket of listeners.get(channel.toString()) || []) socket.send(message, { binary: false })
})

const server = http.createServer()
const sockets = new WebSocketServer({ server })
sockets.on('connection', async (socket, request) => {
  const channel = new URL(request.url, 'http://x').searchParams.get('channel')
  if (!listeners.has(channel)) {
    listeners.set(channel, new Set())
    await redis.subscribe(channel)
  }
  const mine = listeners.get(channel)
  mine.add(socket)
  socket.on('close', () => mine.delete(socket))
  socket.send('ready')
})
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 1024 })

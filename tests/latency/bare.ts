/** A server that computes for some milliseconds, in a process of its own: its slowness is that of the machine. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const spent = (): number => process.cpuUsage().user / 1_000

const server = createServer((_, response) => {
  const before = spent()
  while (spent() - before < 5);
  response.end('ok')
})
server.listen(0, '127.0.0.1', () => {
  process.stderr.write(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})

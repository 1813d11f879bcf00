/** A TCP proxy in front of a server, which harms connections. */
import { connect, createServer, type Socket } from 'node:net'
import type { Chance } from './chance.ts'

interface Pair {
  readonly client: Socket
  readonly upstream: Socket
  isSilent: boolean
}

export type Harm = 'cut' | 'half-closed' | 'silent'

export interface Proxy {
  readonly port: number
  /** Harms a connection by chance; returns whether there was one. */
  readonly harm: (harm: Harm, chance: Chance) => boolean
  readonly close: () => Promise<void>
}

/** Returns a proxy on the loopback. */
export const createProxy = async (host: string, port: number): Promise<Proxy> => {
  const pairs = new Set<Pair>()
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ host, port, allowHalfOpen: true })
    const pair: Pair = { client, upstream, isSilent: false }
    pairs.add(pair)
    const forget = (): void => {
      pairs.delete(pair)
      client.destroy()
      upstream.destroy()
    }
    for (const [from, to] of [
      [client, upstream],
      [upstream, client]
    ] as const) {
      from.on('data', (bytes: Buffer) => {
        if (!pair.isSilent) to.write(bytes)
      })
      from.on('end', () => (pair.isSilent ? undefined : to.end()))
      from.on('error', forget)
      from.on('close', forget)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    harm: (harm, chance) => {
      const healthy = [...pairs].filter(({ isSilent }) => !isSilent)
      const pair = healthy[chance.below(healthy.length)]
      if (pair === undefined) return false
      if (harm === 'silent') pair.isSilent = true
      else if (harm === 'half-closed') pair.client.end()
      else {
        pair.client.resetAndDestroy()
        pair.upstream.resetAndDestroy()
      }
      return true
    },
    close: async () => {
      for (const { client, upstream } of pairs) {
        client.destroy()
        upstream.destroy()
      }
      await new Promise<void>((resolve) => server.close(() => resolve()))
    }
  }
}

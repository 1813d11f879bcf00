/** A proxy between a handle and its server, on the loopback, which the suite disturbs at a chosen moment. For Node. */
import { type AddressInfo, createServer, type Server, Socket } from 'node:net'
import type { Line, LineFault } from '../harness.ts'

/** The address of a server. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** A line through a proxy: give `address` to the driver in place of the server's own. */
export interface TcpProxy extends Line {
  readonly address: Address
  /** Cuts all connections, and listens no more. */
  close(): Promise<void>
}

/** One connection, from the handle to the proxy and from there to the server. */
interface Connection {
  readonly near: Socket
  readonly far: Socket
  /** `true`: the handle has sent something, and the server has not answered yet. */
  isAsking: boolean
  /** `dropping`: nothing is passed on any more; `mute`: the next answer is lost, and the fault happens. */
  state: 'passing' | 'dropping' | 'mute'
}

/** The turns since the last `disturb`, and what is to happen at one of them. */
class Disturbance {
  #turns = 0
  #happened = false
  readonly #fault: LineFault | undefined

  constructor(fault?: LineFault) {
    this.#fault = fault
  }

  get happened(): boolean {
    return this.#happened
  }

  /** Counts a turn; returns what is to happen at it. */
  next(): LineFault | undefined {
    this.#turns += 1
    if (this.#fault === undefined || this.#happened || this.#turns !== this.#fault.turn) return undefined
    this.#happened = true
    return this.#fault
  }

  get how(): LineFault['how'] {
    return this.#fault?.how ?? 'cut'
  }
}

const strike = (connection: Connection, how: LineFault['how']): void => {
  connection.state = 'dropping'
  if (how === 'cut') {
    connection.near.destroy()
    connection.far.destroy()
  }
  // The server keeps its end, and hears nothing.
  if (how === 'half-close') connection.near.end()
}

class Lines {
  readonly #connections = new Set<Connection>()
  #disturbance = new Disturbance()
  #delay = 0

  /** Connects a socket of the handle with the server. */
  join(near: Socket, server: Address): void {
    const far = new Socket()
    const connection: Connection = { near, far, isAsking: false, state: 'passing' }
    this.#connections.add(connection)
    far.connect(server.port, server.host)
    for (const socket of [near, far]) {
      socket.on('error', () => undefined)
      socket.setNoDelay(true)
    }
    const end = (): void => {
      // A silent line does not report that the other end has gone.
      if (connection.state === 'dropping' && this.#disturbance.how !== 'cut') return
      this.#connections.delete(connection)
      near.destroy()
      far.destroy()
    }
    near.on('close', end)
    far.on('close', end)
    near.on('data', (data) => this.#ask(connection, data))
    far.on('data', (data) => this.#answer(connection, data))
  }

  #ask(connection: Connection, data: Uint8Array): void {
    if (connection.state === 'dropping') return
    if (!connection.isAsking) {
      connection.isAsking = true
      const fault = this.#disturbance.next()
      if (fault?.when === 'before') return strike(connection, fault.how)
      if (fault?.when === 'after') connection.state = 'mute'
    }
    this.#pass(connection.far, data)
  }

  #answer(connection: Connection, data: Uint8Array): void {
    connection.isAsking = false
    if (connection.state === 'mute') strike(connection, this.#disturbance.how)
    else if (connection.state === 'passing') connection.near.write(data)
  }

  #pass(to: Socket, data: Uint8Array): void {
    if (this.#delay === 0) to.write(data)
    else setTimeout(() => to.write(data), this.#delay)
  }

  /** Ends the connections that were disturbed. */
  disturb(fault?: LineFault): void {
    for (const connection of this.#connections) {
      if (connection.state === 'passing') continue
      this.#connections.delete(connection)
      connection.near.destroy()
      connection.far.destroy()
    }
    this.#disturbance = new Disturbance(fault)
  }

  happened(): boolean {
    return this.#disturbance.happened
  }

  delay(milliseconds: number): void {
    this.#delay = milliseconds
  }

  close(): void {
    for (const { near, far } of this.#connections) {
      near.destroy()
      far.destroy()
    }
    this.#connections.clear()
  }
}

const listening = (server: Server): Promise<Address> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { address: host, port } = server.address() as AddressInfo
      resolve({ host, port })
    })
  })

/**
 * Returns a proxy before a server, which passes everything on until it is told to disturb it. The caller closes it.
 *
 * @param server The address of the server.
 */
export const openProxy = async (server: Address): Promise<TcpProxy> => {
  const lines = new Lines()
  const listener = createServer((near) => lines.join(near, server))
  const address = await listening(listener)
  return {
    address,
    disturb: (fault) => lines.disturb(fault),
    happened: () => lines.happened(),
    delay: (milliseconds) => lines.delay(milliseconds),
    close: async () => {
      lines.close()
      await new Promise<void>((resolve) => listener.close(() => resolve()))
    }
  }
}

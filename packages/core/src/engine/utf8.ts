/** UTF-8 in, text out. `TextDecoder` is in every runtime, and in no library that this package's types may name. */

interface Decoder {
  decode(bytes?: Uint8Array, options?: { readonly stream?: boolean }): string
}

declare const TextDecoder: new (label: string, options: { readonly fatal: boolean }) => Decoder

/** A decoder that drops a byte order mark at the start, and throws a `TypeError` at the first byte that is not UTF-8. */
export const createUtf8Decoder = (): Decoder => new TextDecoder('utf-8', { fatal: true })

const newline = 0x0a

/** The same bytes in pieces that end where lines end, one newline a piece. */
export async function* cutIntoLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  // A line's beginning, while its end is still to come.
  let open: Uint8Array[] = []
  for await (const piece of pieces) {
    let from = 0
    for (let at = piece.indexOf(newline); at !== -1; at = piece.indexOf(newline, from)) {
      yield joined([...open, piece.subarray(from, at + 1)])
      open = []
      from = at + 1
    }
    if (from < piece.length) open.push(piece.subarray(from))
  }
  if (open.length > 0) yield joined(open)
}

const joined = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

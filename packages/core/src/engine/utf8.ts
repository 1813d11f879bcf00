/** UTF-8 in, text out. `TextDecoder` is in every runtime, and in no library that this package's types may name. */

interface Decoder {
  decode(bytes?: Uint8Array, options?: { readonly stream?: boolean }): string
}

declare const TextDecoder: new (
  label: string,
  options: { readonly fatal: boolean; readonly ignoreBOM: boolean }
) => Decoder

declare const TextEncoder: new () => { encode(text: string): Uint8Array }

/**
 * A decoder that throws a `TypeError` at the first byte that is not UTF-8.
 *
 * @param keepsMark Whether a byte order mark at the start is text, as it is anywhere else; it is dropped unless given.
 */
export const createUtf8Decoder = (keepsMark = false): Decoder =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: keepsMark })

/** A text's bytes. */
export const encodeUtf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const newline = 0x0a

/** The same bytes in pieces that end where a line ends, or where the piece ended that they are cut from. */
export async function* cutIntoLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    let from = 0
    for (let at = piece.indexOf(newline); at !== -1; at = piece.indexOf(newline, from)) {
      yield piece.subarray(from, at + 1)
      from = at + 1
    }
    if (from < piece.length) yield piece.subarray(from)
  }
}

/** Whether a line ends with this piece. */
export const endsLine = (piece: Uint8Array): boolean => piece.at(-1) === newline

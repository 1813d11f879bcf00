import type { BrokenStore } from './small-store.ts'

/** Normalises the text of bodies. */
export const normalisedBodies: BrokenStore = {
  name: 'normalised bodies',
  breaks: 'PO-4.bodies',
  parts: { encode: (body) => JSON.stringify(body).normalize('NFC') }
}

import { appendFileSync, renameSync } from 'node:fs'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { closeInputs, type Content, openInputs } from '../src/input.ts'
import { createFolder, type Folder } from './program.ts'

let folder: Folder
beforeEach(() => {
  folder = createFolder()
})
afterEach(() => folder.remove())

const textOf = async (content: Content): Promise<string> => {
  const pieces: Uint8Array[] = []
  for await (const piece of content.read()) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

const noStdin = (): Readable => {
  throw new Error('standard input is not read')
}

it('returns the same bytes again after a file has grown or been replaced', async () => {
  const text = 'x'.repeat(600_000)
  const inputs = await openInputs([folder.write('file', text)], noStdin)
  for (const input of inputs) {
    const content = await input.content(new AbortController().signal)
    expect(content.size).toBe(600_000)
    expect(await textOf(content)).toBe(text)
    appendFileSync(folder.path('file'), 'more')
    renameSync(folder.write('other', 'other'), folder.path('file'))
    expect(await textOf(content)).toBe(text)
  }
  await closeInputs(inputs)
})

it('returns the bytes of a stream in each reading', async () => {
  const text = 'y'.repeat(300_000)
  const inputs = await openInputs(['-'], () => Readable.from([Buffer.from(text), Buffer.from('z')]))
  for (const input of inputs) {
    const content = await input.content(new AbortController().signal)
    expect(content.size).toBe(300_001)
    expect(await textOf(content)).toBe(`${text}z`)
    expect(await textOf(content)).toBe(`${text}z`)
  }
  await closeInputs(inputs)
})

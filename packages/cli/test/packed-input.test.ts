/** Inputs that are packed, and those that are empty. */
import { gzipSync } from 'node:zlib'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolder, type Folder, parseLines, upsert, userpoint } from './program.ts'

let folder: Folder
let store: string
beforeEach(() => {
  folder = createFolder()
  store = `sqlite:${folder.path('people.db')}`
})
afterEach(() => {
  folder.remove()
})

const textOf = (...hashes: ReadonlyArray<string>): string =>
  hashes.map((hash) => `${JSON.stringify(upsert(hash, { n: 1 }))}\n`).join('')

const importing = (path: string, ...more: ReadonlyArray<string>): ReadonlyArray<string> => [
  'import',
  path,
  '--type',
  'USER_PROFILE',
  '--store',
  store,
  '--json',
  ...more
]

describe('gzip', () => {
  const packed = Buffer.concat([gzipSync(textOf('a', 'b')), gzipSync(textOf('c'))])

  it('is unpacked, with several members, from a file and from standard input', async () => {
    const file = folder.write('people.ndjson.gz', packed)
    const fromFile = await userpoint(importing(file))
    expect(fromFile).toMatchObject({ code: 0, stderr: '' })
    expect(parseLines(fromFile.stdout)).toMatchObject([{ lines: 3, applied: 3 }])
    const stdin = Readable.from([packed.subarray(0, 1), packed.subarray(1, 40), packed.subarray(40)])
    const piped = await userpoint(importing('-', '--execution', 'packed'), { stdin })
    expect(parseLines(piped.stdout)).toMatchObject([{ lines: 3, applied: 3 }])
  })

  it.each([
    ['that is cut', packed.subarray(0, packed.length - 12), 'it ends in the middle of gzip'],
    ['that is damaged', Buffer.concat([packed.subarray(0, 12), Buffer.alloc(20, 0x2a)]), 'it is damaged gzip']
  ])('%s is said to be so, and nothing is applied', async (_, bytes, reason) => {
    const { code, stderr } = await userpoint(importing(folder.write('people.gz', bytes)))
    expect(code).toBe(1)
    expect(stderr).toContain(`the input cannot be read: ${reason}`)
    expect((await userpoint(['export', '--store', store])).stdout).toBe('')
  })
})

// Windows names the folder otherwise.
it.skipIf(process.platform === 'win32')(
  'a temporary copy that cannot be written is no fault of the input',
  async () => {
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = folder.path('none')
    try {
      const { code, stderr } = await userpoint(importing('-'), { stdin: textOf('a') })
      const reason = `its temporary copy in ${folder.path('none')} cannot be written: no such file or folder (ENOENT)`
      expect({ code, stderr }).toEqual({ code: 1, stderr: `userpoint: standard input: ${reason}\n` })
    } finally {
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
    }
  }
)

describe('[L-30] an empty standard input', () => {
  it('does not use up an execution', async () => {
    const empty = await userpoint(importing('-', '--execution', 'nightly'), { stdin: '' })
    expect(empty.code).toBe(1)
    expect(empty.stderr).toContain('it is empty; the execution is not used up')
    const whole = await userpoint(importing('-', '--execution', 'nightly'), { stdin: textOf('a') })
    expect(parseLines(whole.stdout)).toMatchObject([{ lines: 1, applied: 1 }])
  })

  it('[A-40] is an empty document without an execution', async () => {
    expect(await userpoint(importing('-'), { stdin: '' })).toMatchObject({ code: 0 })
  })
})

import { symlinkSync, mkdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCollector, createFolder, type Folder, userpoint } from './program.ts'

let folder: Folder
beforeEach(() => {
  folder = createFolder()
})
afterEach(() => {
  folder.remove()
})

const line = { operation: 'UPSERT', email_hash: 'h1', force_replace: true, user_profile: { city: 'Lund' } }

describe('purge', () => {
  it('removes the bytes of deleted data, and says so', async () => {
    const store = `sqlite:${folder.path('people.db')}`
    const file = folder.writeLines('people.ndjson', [line])
    await userpoint(['import', file, '--type', 'USER_PROFILE', '--store', store])
    expect(await userpoint(['purge', '--store', store])).toEqual({
      code: 0,
      stdout: "purged: the store's files hold no deleted data\n",
      stderr: ''
    })
  })

  it('exits with 1 if the store does not exist', async () => {
    expect((await userpoint(['purge', '--store', `sqlite:${folder.path('none.db')}`])).code).toBe(1)
  })
})

describe('the verdict file', () => {
  it.each(['', '-wal', '-shm', '-journal'])('must not be the store%s, even by another path', async (end) => {
    mkdirSync(folder.path('real'))
    symlinkSync(folder.path('real'), folder.path('linked'))
    const file = folder.writeLines('people.ndjson', [line])
    const args = ['import', file, '--type', 'USER_PROFILE', '--store', `sqlite:${folder.path('real/people.db')}`]
    for (const before of ['there is no store yet', 'there is one']) {
      const { code, stderr } = await userpoint([...args, '--verdicts', folder.path(`linked/people.db${end}`)])
      expect({ before, code }).toEqual({ before, code: 2 })
      expect(stderr).toContain('--verdicts would overwrite')
      expect((await userpoint(args)).code).toBe(0)
    }
  })
})

describe('final messages', () => {
  it.each([['--help'], ['import', '--help'], ['--version']])(
    'ends with 1 where %s cannot be written',
    async (...args) => {
      const stdout = createCollector({ failure: 'ENOSPC' })
      expect((await userpoint(args, { stdout })).code).toBe(1)
    }
  )

  it('keep the exit code if stderr cannot be written', async () => {
    const stderr = createCollector({ failure: 'ENOSPC' })
    expect((await userpoint(['bogus'], { stderr })).code).toBe(2)
    expect((await userpoint(['get'], { stderr })).code).toBe(2)
  })

  it('never repeat an argument', async () => {
    const secret = "bob'@example.com"
    for (const args of [
      ['get', '--email-hash', 'x', '--email-hash', secret],
      [secret],
      ['import', 'x', '--type', secret],
      ['get', secret]
    ]) {
      const { code, stderr } = await userpoint(args)
      expect(code).toBe(2)
      expect(stderr, args.join(' ')).not.toContain('example.com')
    }
  })
})

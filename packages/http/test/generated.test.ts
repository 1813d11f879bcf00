/** A generated TypeScript client: it compiles, and the handler answers as its types say. */
import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import openapiTypeScript, { astToString } from 'openapi-typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiDocument } from '../src/index.ts'
import { asking, token } from './asking.ts'

type Run = (fetch: (request: Request) => Promise<Response>, token: string) => Promise<object>

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const options = {
  compilerOptions: {
    strict: true,
    skipLibCheck: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2022', 'dom'],
    types: [],
    allowImportingTsExtensions: true,
    rewriteRelativeImportExtensions: true
  },
  files: ['client.mts']
}

let folder: string
let client: { readonly useMediarithmics: Run; readonly useInsider: Run }

/** Compiles what is in the folder; fails with what the compiler prints. */
const compile = async (): Promise<void> => {
  const compiler = at('../../../node_modules/typescript/bin/tsc')
  await promisify(execFile)(process.execPath, [compiler, '-p', folder]).catch(({ stdout }: { stdout: string }) => {
    throw new Error(stdout)
  })
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'userpoint-generated-'))
  const served = JSON.stringify(openApiDocument)
  writeFileSync(join(folder, 'interface.ts'), astToString(await openapiTypeScript(served)))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  copyFileSync(at('generated/client.mts'), join(folder, 'client.mts'))
  symlinkSync(at('../node_modules'), join(folder, 'node_modules'), 'junction')
  await compile()
  client = (await import(pathToFileURL(join(folder, 'client.mjs')).href)) as typeof client
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a client over generated types', () => {
  it('imports, reads, changes and deletes by mediarithmics’ paths', async () => {
    expect(await client.useMediarithmics(asking().handler, token)).toEqual({
      succeeded: 1,
      verdicts: 'string',
      hashes: ['g-1'],
      profiles: 1,
      put: 'applied',
      deleted: 'ok',
      code: 'NOT_FOUND'
    })
  })

  it('upserts, reads and deletes by Insider’s calls', async () => {
    expect(await client.useInsider(asking().handler, token)).toEqual({
      successful: 1,
      failed: 1,
      city: 'Nice',
      gone: 404
    })
  })
})

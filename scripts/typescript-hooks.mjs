import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// To load the compiler takes longer than all the rest: what it made is kept, under the digest of the source and of this.
const folder = new URL('../node_modules/.userpoint/javascript/', import.meta.url)
const own = readFileSync(new URL(import.meta.url))

const compiled = async (/** @type {string} */ source) => {
  const { default: typescript } = await import('typescript')
  const compilerOptions = {
    module: typescript.ModuleKind.ESNext,
    target: typescript.ScriptTarget.ES2023,
    verbatimModuleSyntax: true
  }
  return typescript.transpileModule(source, { compilerOptions }).outputText
}

const javascriptOf = async (/** @type {string} */ source) => {
  const name = `${createHash('sha256').update(own).update(source).digest('hex')}.js`
  const file = new URL(name, folder)
  try {
    return readFileSync(file, 'utf8')
  } catch {
    const made = await compiled(source)
    const draft = new URL(`${name}.${process.pid}`, folder)
    mkdirSync(folder, { recursive: true })
    writeFileSync(draft, made)
    renameSync(draft, file)
    return made
  }
}

/** @type {import('node:module').LoadHook} */
export const load = async (url, context, next) => {
  if (!url.endsWith('.ts')) return next(url, context)
  const source = await javascriptOf(readFileSync(fileURLToPath(url), 'utf8'))
  return { format: 'module', shortCircuit: true, source }
}

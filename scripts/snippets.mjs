/**
 * Programs in documentation: type-checked against the built packages as a user's own program would be, then run. A line
 * `console.log(…) // => text` must print that text (white space counts as one blank); further lines `// => text` below it
 * are what it prints when it runs again.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolders, tsc } from './installation.mjs'
import { root, run } from './process.mjs'

/**
 * @typedef {object} Snippet
 * @property {string} file the file it is written in, relative to the workspace
 * @property {number} line the line of that file on which it begins, from 1
 * @property {string} text
 */

const lineMark = '\u0001'

/** Creates a folder in which every package of the workspace, and every dependency, can be imported by name. */
const prepareFolder = () => {
  const parent = join(root, 'node_modules', '.userpoint')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'snippets-'))
  mkdirSync(join(folder, 'node_modules', '@userpoint'), { recursive: true })
  const link = (/** @type {string} */ from, /** @type {string} */ name) => {
    const to = join(folder, 'node_modules', name)
    if (!existsSync(to)) symlinkSync(from, to, 'junction')
  }
  for (const own of packageFolders()) {
    if (own.startsWith('packages/')) link(join(root, own), `@userpoint/${own.slice('packages/'.length)}`)
    const installed = join(root, own, 'node_modules')
    for (const name of existsSync(installed) ? readdirSync(installed) : []) {
      if (name === '@userpoint' || name.startsWith('.')) continue
      if (!name.startsWith('@')) link(join(installed, name), name)
      else {
        mkdirSync(join(folder, 'node_modules', name), { recursive: true })
        for (const inner of readdirSync(join(installed, name))) link(join(installed, name, inner), `${name}/${inner}`)
      }
    }
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: {
        customConditions: [],
        declaration: false,
        noUnusedLocals: false,
        outDir: 'out',
        rootDir: '.',
        tsBuildInfoFile: null,
        types: ['node'],
        typeRoots: [join(root, 'node_modules', '@types')]
      },
      include: ['*.ts']
    })
  )
  return folder
}

const oneBlank = (/** @type {string} */ text) => text.replace(/\s+/g, ' ').trim()

/**
 * Makes each `console.log` that promises an output print it with the number of its line. Promises stand at the end of the
 * call, or on lines of their own below it, one for each time it runs.
 *
 * @param {string} program
 */
const instrument = (program) => {
  /** @type {Map<number, Array<string>>} */
  const promised = new Map()
  /** @type {Array<string>} */
  const faults = []
  const lines = program.split('\n')
  let call = -1
  for (const [index, line] of lines.entries()) {
    const [, code = line, promise] = /^(.*?)\/\/ => (.*)$/.exec(line) ?? []
    if (code.includes('console.log(')) call = index
    if (promise === undefined) continue
    if (call === index || (call >= 0 && /^\s*([)\]}].*)?$/.test(code))) {
      promised.set(call, [...(promised.get(call) ?? []), oneBlank(promise)])
    } else {
      faults.push(`"// => ${promise}" belongs to no console.log`)
    }
  }
  for (const index of promised.keys()) lines[index] = lines[index]?.replace('console.log(', `shown$(${index}, `) ?? ''
  return { promised, faults, program: lines.join('\n') }
}

/** The module that defines the functions that instrumented programs call. */
const shown = `import { format } from 'node:util'
globalThis.shown$ = (line, ...values) => console.log('${lineMark}' + line + '${lineMark}' + format(...values) + '${lineMark}')
`

/**
 * Checks snippets and gives the faults found.
 *
 * @param {ReadonlyArray<Snippet>} snippets
 * @returns {Promise<ReadonlyArray<string>>}
 */
export const checkSnippets = async (snippets) => {
  if (snippets.length === 0) return []
  const folder = prepareFolder()
  try {
    const names = snippets.map(({ file, line }) => `${file.replace(/[^A-Za-z0-9]+/g, '-')}-${line}`)
    const instrumented = snippets.map(({ text }) => instrument(text))
    writeFileSync(join(folder, 'shown.js'), shown)
    writeFileSync(
      join(folder, 'shown.d.ts'),
      'declare const shown$: (line: number, ...values: Array<unknown>) => void\n'
    )
    for (const [index, { line }] of snippets.entries()) {
      // As many empty lines before it as in its document: a message's line number is then the document's.
      const program = `${'\n'.repeat(line - 1)}${instrumented[index]?.program}\nexport {}\n`
      writeFileSync(join(folder, `${names[index]}.ts`), program)
    }
    const compiled = await run(process.execPath, [tsc(), '-p', folder, '--pretty', 'false'], {
      output: 'capture',
      cwd: folder
    })
    if (compiled.code !== 0) return [compiled.text]
    /** @type {Array<string>} */
    const faults = []
    for (const [index, { file, line }] of snippets.entries()) {
      const path = join(folder, 'out', `${names[index]}.js`)
      const { code, text } = await run(process.execPath, ['--import', './shown.js', path], {
        output: 'capture',
        cwd: folder
      })
      const where = `${file}:${line}`
      faults.push(...(instrumented[index]?.faults ?? []).map((fault) => `${where}: ${fault}`))
      if (code !== 0) faults.push(`${where} ended with ${code}:\n${text}`)
      /** @type {Map<number, Array<string>>} */
      const printed = new Map()
      for (const [, at, value = ''] of text.matchAll(
        new RegExp(`${lineMark}(\\d+)${lineMark}([^${lineMark}]*)${lineMark}`, 'g')
      )) {
        printed.set(Number(at), [...(printed.get(Number(at)) ?? []), oneBlank(value)])
      }
      for (const [at, expected] of code === 0 ? (instrumented[index]?.promised ?? []) : []) {
        const actual = printed.get(at) ?? []
        if (actual.join('\n') === expected.join('\n')) continue
        faults.push(
          `${file}:${line + at}: promised ${expected.join(' | ')}, printed ${actual.join(' | ') || 'nothing'}`
        )
      }
    }
    return faults
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

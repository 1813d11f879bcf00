/**
 * Checks the documentation: links resolve, decision records are numbered, quoted blocks match the file that they name, and
 * programs work: the blocks tagged `ts` of README.md, docs/ and the packages' READMEs, the `@example` blocks of
 * docstrings, and the files of examples/ itself. An example in a folder of its own is a package, and has tests.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { ensureBuilt } from './installation.mjs'
import { exitWith, Failed, root } from './process.mjs'
import { checkSnippets } from './snippets.mjs'

const skipped = new Set(['node_modules', 'dist', '.git'])

/**
 * The files of a folder with the given ending, relative to the workspace.
 *
 * @param {string} folder
 * @param {string} ending
 * @returns {Array<string>}
 */
const filesUnder = (folder, ending) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : filesUnder(path, ending)
    return entry.name.endsWith(ending) ? [relative(root, path).split(sep).join('/')] : []
  })

const read = (/** @type {string} */ file) => readFileSync(join(root, file), 'utf8')

/**
 * The lines of a Markdown text, each with the tag of the fence it stands in (`undefined`: in none).
 *
 * @param {string} text
 */
const fencedLines = (text) => {
  /** @type {{ mark: string, tag: string } | undefined} */
  let fence
  return text.split('\n').map((line, index) => {
    const [, mark = '', tag = ''] = /^\s*(`{3,}|~{3,})\s*(\S*)/.exec(line) ?? []
    const edge = mark !== '' && (fence === undefined || (mark.startsWith(fence.mark) && tag === ''))
    const inside = edge ? 'fence' : fence?.tag
    if (edge) fence = fence === undefined ? { mark, tag } : undefined
    return { line, number: index + 1, inside }
  })
}

/** The anchors of a page: its headings as the usual renderers name them, and explicit ones. */
const anchorsOf = (/** @type {string} */ text) => {
  /** @type {Map<string, number>} */
  const seen = new Map()
  const anchors = new Set([...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, name]) => name))
  for (const { line, inside } of fencedLines(text)) {
    const heading = inside === undefined ? /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1] : undefined
    if (heading === undefined) continue
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
      .replace(/\s/g, '-')
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    anchors.add(count === 0 ? slug : `${slug}-${count}`)
  }
  return anchors
}

const checkLinks = (/** @type {ReadonlyArray<string>} */ pages) =>
  pages.flatMap((page) =>
    fencedLines(read(page)).flatMap(({ line, number, inside }) => {
      if (inside !== undefined) return []
      const prose = line.replace(/(`+).*?\1/g, '')
      const targets = [...prose.matchAll(/\]\(<?([^)>\s]+)>?[^)]*\)|^\s*\[[^\]]+\]:\s+<?([^>\s]+)/g)]
      return targets.flatMap(([, inline, reference]) => {
        const target = inline ?? reference ?? ''
        if (/^[a-z][a-z+.-]*:/i.test(target)) return []
        const [path = '', anchor] = target.split('#')
        const where = `${page}:${number}: ${target}`
        const file = path === '' ? join(root, page) : resolve(root, dirname(page), decodeURIComponent(path))
        if (relative(root, file).startsWith('..')) return [`${where} leads out of the project`]
        if (!existsSync(file)) return [`${where} leads nowhere`]
        if (anchor === undefined || statSync(file).isDirectory() || !file.endsWith('.md')) return []
        return anchorsOf(readFileSync(file, 'utf8')).has(anchor) ? [] : [`${where} names a heading that is not there`]
      })
    })
  )

const withoutMargins = (/** @type {string} */ text) => text.replace(/^[ \t]+|\s+$/gm, '')

/** A block whose fence names a file, as in "```typescript examples/journal.ts", must stand in it, however it is indented. */
const checkQuotations = (/** @type {ReadonlyArray<string>} */ pages) =>
  pages.flatMap((page) =>
    [...read(page).matchAll(/^ *```[a-z]+ (\S+)\n([^]*?)\n *```$/gm)].flatMap(([, file = '', block = '']) => {
      const where = `${page}: the block that begins with "${block.split('\n')[0]}"`
      if (!existsSync(join(root, file))) return [`${where} names ${file}, which is not there`]
      return withoutMargins(read(file)).includes(withoutMargins(block)) ? [] : [`${where} does not stand in ${file}`]
    })
  )

const checkDecisions = () => {
  const folder = join(root, 'docs', 'adr')
  const records = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /^\d/.test(name))
        .sort()
    : []
  return records.flatMap((name, index) => {
    const number = String(index + 1).padStart(4, '0')
    const text = readFileSync(join(folder, name), 'utf8')
    return [
      ...(new RegExp(`^${number}-[a-z0-9-]+\\.md$`).test(name) ? [] : [`docs/adr/${name} should be ${number}-….md`]),
      ...(text.startsWith(`# ${index + 1}. `) ? [] : [`docs/adr/${name} does not begin with "# ${index + 1}. "`]),
      ...(/^Date: \d{4}-\d\d-\d\d\. Status: (proposed|accepted|rejected|superseded by .+)\.$/m.test(text)
        ? []
        : [`docs/adr/${name} has no line "Date: YYYY-MM-DD. Status: accepted."`])
    ]
  })
}

/**
 * The blocks tagged `ts` of a Markdown text.
 *
 * @param {string} file
 * @param {string} text
 * @returns {Array<import('./snippets.mjs').Snippet>}
 */
const blocksOf = (file, text) => {
  /** @type {Array<import('./snippets.mjs').Snippet>} */
  const blocks = []
  /** @type {import('./snippets.mjs').Snippet | undefined} */
  let open
  for (const { line, number, inside } of fencedLines(text)) {
    if (inside !== 'ts') open = undefined
    else if (open === undefined) blocks.push((open = { file, line: number, text: line }))
    else open.text += `\n${line}`
  }
  return blocks
}

/** Returns a module's docstrings as Markdown with unchanged line numbers; keeps only blocks after an `@example`. */
const examplesOf = (/** @type {string} */ source) => {
  let inDocstring = false
  let inExample = false
  return source
    .split('\n')
    .map((line) => {
      if (/^\s*\/\*\*/.test(line)) inDocstring = true
      const text = inDocstring ? line.replace(/^\s*(\/\*\*|\*(?!\/)) ?/, '').replace(/\s*\*\/\s*$/, '') : ''
      if (/^@\w/.test(text)) inExample = text.startsWith('@example')
      const kept = inExample ? text.replace(/\*\\\//g, '*/') : ''
      if (line.includes('*/')) inDocstring = inExample = false
      return kept
    })
    .join('\n')
}

exitWith(async () => {
  const pages = filesUnder(root, '.md')
  const faults = [...checkLinks(pages), ...checkQuotations(pages), ...checkDecisions()]
  if (faults.length > 0) throw new Failed(faults.join('\n'))
  const snippets = [
    ...pages
      .filter((page) => /^(README\.md|docs\/.*|packages\/[^/]+\/README\.md)$/.test(page))
      .flatMap((page) => blocksOf(page, read(page))),
    ...filesUnder(join(root, 'packages'), '.ts')
      .filter((file) => /^packages\/[^/]+\/src\//.test(file))
      .flatMap((file) => blocksOf(file, examplesOf(read(file)))),
    ...filesUnder(root, '.ts')
      .filter((file) => /^examples\/[^/]+$/.test(file))
      .map((file) => ({ file, line: 1, text: read(file) }))
  ]
  await ensureBuilt()
  const broken = await checkSnippets(snippets)
  if (broken.length > 0) throw new Failed(broken.join('\n'))
  process.stdout.write(`${pages.length} pages whose links lead somewhere, ${snippets.length} programs that work\n`)
})

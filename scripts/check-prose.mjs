/**
 * Checks the English of Markdown, comments, messages and test titles: no words that hide the actor or the thing, and
 * docstrings that open with what the code returns or does. It refuses citations of a document that does not ship.
 * docs/glossary.md has the words to use.
 *
 * Usage: node scripts/check-prose.mjs [path…]   without paths: every Markdown, TypeScript and JavaScript file
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { exitWith, Failed, mustRun, root } from './process.mjs'

const name = 'name the actor: the caller, the adapter, another process, a person'
/** The rejected words, each with advice. */
const riddles = /** @type {ReadonlyArray<[words: RegExp, advice: string]>} */ ([
  [/\b(?:some|any|no)body\b|\bwho(?:m|so)?ever\b/gi, name],
  [/\bwh(?:at|ich|en|ere)ever\b/gi, 'say "any", "every", "if" or "even if"'],
  [/\bnone that\b|\bthere (?:is|are) none\b|\bis no(?:ne| such)\b/gi, 'say what is missing or invalid'],
  [/\bin the place of\b/gi, 'say "instead of" or "replaces"'],
  [/\bof (?:its|their|our) own making\b/gi, 'say who creates it'],
  [/\b(?:comes?|came) to (?:its|their|an|the) end\b|\bat its end\b/gi, 'say "finishes" or "has finished"'],
  [/\bgo(?:es|ne|ing)? on with\b/gi, 'say "continues" or "resumes"'],
  [/\bleads? (?:no|any)where\b/gi, 'say "is unknown"'],
  [/\bnot as (?:it|they) must be\b/gi, 'say "is invalid", and where'],
  [/\bSPEC \d/g, 'cite a rule, a law or a public page']
])
const opener = /^(?:What|Whether|Holds|How|Where|Why|Which|Who|Whose|Has)\b/

/** @typedef {{ line: number, text: string, isDocstring: boolean }} Passage */

/** @returns {Array<Passage>} the paragraphs outside code blocks, without inline code and link targets */
const passagesOfMarkdown = (/** @type {string} */ source) => {
  const passages = /** @type {Array<Passage>} */ ([])
  let isCode = false
  let isOpen = false
  source.split('\n').forEach((raw, index) => {
    const isFence = /^\s*```/.test(raw)
    if (isFence) isCode = !isCode
    const isText = !isCode && !isFence && raw.trim() !== ''
    const text = raw.replace(/`[^`]*`|\]\([^)]*\)/g, '')
    const last = passages.at(-1)
    if (isText && isOpen && last !== undefined && !raw.startsWith('|')) last.text += ` ${text}`
    else if (isText) passages.push({ line: index + 1, text, isDocstring: false })
    isOpen = isText
  })
  return passages
}

/** @returns {Array<Passage>} the comments, and the literals of at least three words */
const passagesOfCode = (/** @type {string} */ source, /** @type {string} */ path) => {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest)
  const found = /** @type {Map<number, Passage>} */ (new Map())
  const add = (/** @type {number} */ at, /** @type {string} */ text, isDocstring = false) =>
    found.set(at, { line: file.getLineAndCharacterOfPosition(at).line + 1, text, isDocstring })
  const visit = (/** @type {ts.Node} */ node) => {
    const trailing = ts.getTrailingCommentRanges(source, node.end) ?? []
    for (const { pos, end } of [...(ts.getLeadingCommentRanges(source, node.pos) ?? []), ...trailing]) {
      const raw = source.slice(pos, end)
      const text = raw.replace(/^\s*(?:\/\*\*?|\*\/|\*(?!\/)|\/\/)|\*\/$/gm, '').replace(/`[^`]*`/g, '')
      add(pos, text.trim(), raw.startsWith('/**'))
    }
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)
    if (isText && node.text.trim().split(/\s+/).length > 2) add(node.end - 1, node.text)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return [...found.values()]
}

exitWith(async () => {
  const paths = (await mustRun('git', ['ls-files', '*.md', '*.ts', '*.mjs'], { cwd: root, output: 'capture' })).split(
    '\n'
  )
  const chosen = process.argv.slice(2)
  const isUnder = (/** @type {string} */ path) => (/** @type {string} */ part) => `${path}/`.startsWith(`${part}/`)
  const covered = paths.filter((path) => path && (chosen.length === 0 || chosen.some(isUnder(path))))
  const faults = covered.flatMap((path) => {
    const passages = path.endsWith('.md') ? passagesOfMarkdown : passagesOfCode
    return passages(readFileSync(join(root, path), 'utf8'), path).flatMap(({ line, text, isDocstring }) => {
      const joined = text.replace(/\s+/g, ' ')
      const hits = riddles.flatMap(([words, advice]) =>
        (joined.match(words) ?? []).map((word) => `"${word}": ${advice}`)
      )
      if (isDocstring && opener.test(text)) hits.push(`open with what it returns or does: ${text.split('\n', 1)[0]}`)
      return hits.map((hit) => `${path}:${line}: ${hit}`)
    })
  })
  if (faults.length > 0) throw new Failed([...new Set(faults)].join('\n'))
  process.stdout.write(`${covered.length} files in plain English\n`)
})

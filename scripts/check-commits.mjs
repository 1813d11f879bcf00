/**
 * Checks the subjects of commits: `area: what changed`, at most 72 characters, without a full stop. The rule began on a
 * day; older commits are not checked, and of a shallow clone only the commits that it has.
 */
import { exitWith, Failed, root, run } from './process.mjs'

const began = '2026-11-29T00:00:00Z'

const faultOf = (/** @type {string} */ subject) => {
  if (subject.length > 72) return `is ${subject.length} characters long, and at most 72 are allowed`
  if (!/^[a-z][a-z0-9-]*(, [a-z][a-z0-9-]*)*: \S/.test(subject)) return 'does not begin with an area, as in "engine: …"'
  return subject.endsWith('.') ? 'ends with a full stop' : undefined
}

exitWith(async () => {
  const log = await run('git', ['log', '--no-merges', `--since=${began}`, '--format=%h %s'], {
    cwd: root,
    output: 'capture'
  }).catch(() => undefined)
  if (log === undefined || log.code !== 0) {
    process.stdout.write('this is no git checkout: there are no commits to check\n')
    return
  }
  const commits = log.text.split('\n').filter((line) => line !== '')
  const faults = commits.flatMap((line) => {
    const [, hash, subject = ''] = /^(\S+) (.*)$/.exec(line) ?? []
    const fault = faultOf(subject)
    return fault === undefined ? [] : [`${hash} ${fault}: ${subject}`]
  })
  if (faults.length > 0) throw new Failed(faults.join('\n'))
  process.stdout.write(`${commits.length} commits have a subject that names an area and what changed\n`)
})

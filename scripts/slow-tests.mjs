/**
 * A reporter that lists tests that took over five seconds and do not say why. A comment that begins with `Slow:` says it,
 * within three lines above the test or in the file's first ten lines. Nothing fails: a busy machine makes any test slow.
 */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { root, say } from './process.mjs'

const limit = 5_000

/** @param {import('vitest/node').TestCase} test */
const saysWhy = ({ module, location }) => {
  const lines = readFileSync(module.moduleId, 'utf8').split('\n')
  const above = location === undefined ? [] : lines.slice(Math.max(0, location.line - 4), location.line)
  return [...lines.slice(0, 10), ...above].some((line) => line.includes('Slow:'))
}

/** @type {import('vitest/node').Reporter} */
export const slowTests = {
  onTestRunEnd: (modules) => {
    const silent = modules
      .flatMap((module) => [...module.children.allTests()])
      .map((test) => ({ test, time: test.diagnostic()?.duration ?? 0 }))
      .filter(({ test, time }) => time > limit && !saysWhy(test))
      .toSorted((a, b) => b.time - a.time)
    if (silent.length === 0) return
    say(
      '\nThese tests took over five seconds and do not say why (`// Slow: …` above the test or at the top of its file):'
    )
    for (const { test, time } of silent)
      say(`  ${(time / 1000).toFixed(1)} s  ${relative(root, test.module.moduleId)} > ${test.fullName.slice(0, 100)}`)
  }
}

/**
 * A reporter that repeats at the end of a run, in a line each, what failed: tests, files, and errors outside of tests. A test that
 * was to run and has no result fails the run too, as when its process was lost or blocked.
 */
import { say } from './process.mjs'

const most = 30

/**
 * Returns the first line of an error, and of its causes.
 *
 * @param {{ readonly message?: string, readonly cause?: unknown } | undefined} error
 * @returns {string}
 */
const messageOf = (error) => {
  const [first = ''] = (error?.message ?? 'no message').split('\n')
  const { cause } = error ?? {}
  const because = typeof cause === 'object' && cause !== null ? `; because of: ${messageOf(cause)}` : ''
  return `${first.slice(0, 200)}${because}`
}

/** @param {import('vitest/node').TestModule} module */
const linesOf = (module) => {
  const name = `${module.project.name} ${module.relativeModuleId}`
  const without = [...module.children.allTests('pending')]
  return [
    ...module.errors().map((error) => `${name}: ${messageOf(error)}`),
    ...[...module.children.allTests('failed')].map(
      (test) => `${name} > ${test.fullName.slice(0, 150)}: ${messageOf(test.result().errors?.[0])}`
    ),
    ...(without.length === 0
      ? []
      : [`${name}: ${without.length} tests have no result; the first is: ${without[0]?.fullName}`])
  ]
}

/** @type {import('vitest/node').Reporter} */
export const whatFailed = {
  onTestRunEnd: (modules, unhandledErrors) => {
    const lines = [
      ...modules.flatMap(linesOf),
      ...unhandledErrors.map((error) => `an error outside of tests: ${messageOf(error)}`)
    ]
    if (lines.length === 0) return
    say('\nWhat failed:')
    for (const line of lines.slice(0, most)) say(`  ${line}`)
    if (lines.length > most) say(`  and ${lines.length - most} more`)
    process.exitCode = 1
  }
}

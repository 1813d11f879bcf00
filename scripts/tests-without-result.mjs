/** A reporter that fails a run in which a test that was to run has no result, as when its process was lost or blocked. */
import { say } from './process.mjs'

/** @type {import('vitest/node').Reporter} */
export const testsWithoutResult = {
  onTestRunEnd: (modules) => {
    const names = modules.flatMap((module) =>
      [...module.children.allTests('pending')].map((test) => `${module.relativeModuleId} > ${test.fullName}`)
    )
    if (names.length === 0) return
    say(`\n${names.length} tests have no result:`)
    for (const name of names) say(`  ${name}`)
    process.exitCode = 1
  }
}

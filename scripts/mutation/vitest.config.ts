/** The tests that mutants meet: those of what is mutated, and no others. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Examples before laws: most mutants fall to the first test that they meet, and examples take no time. */
class LawsLast extends BaseSequencer {
  override sort = async (files: TestSpecification[]): Promise<TestSpecification[]> =>
    files.toSorted((a, b) => (a.moduleId < b.moduleId ? -1 : 1))
}

const inCopy = (path: string): string => fileURLToPath(new URL(`../../packages/${path}`, import.meta.url))

export default defineConfig({
  // The arbitraries are to be made of the core that is mutated, and not of the one outside.
  resolve: {
    alias: {
      '@userpoint/conformance/arbitraries': inCopy('conformance/src/arbitraries/index.ts'),
      '@userpoint/core/repository': inCopy('core/src/repository/index.ts'),
      '@userpoint/core': inCopy('core/src/index.ts')
    }
  },
  test: {
    root: 'packages/core',
    include: ['test/**/*.test.ts'],
    exclude: ['test/engine/**', 'test/laws/framing.test.ts'],
    setupFiles: ['../../scripts/mutation/setup.mjs'],
    // One worker a mutant instead of one a file; each mutant has a new one, so that what is made on loading is mutated.
    isolate: false,
    sequence: { sequencer: LawsLast }
  }
})

import { describeConformance } from '@userpoint/conformance/vitest'
import { harness, options } from './harness.ts'

describeConformance(harness, options)

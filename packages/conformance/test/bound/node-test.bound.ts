import { describeConformance } from '@userpoint/conformance/node-test'
import { harness, options } from './harness.ts'

describeConformance(harness, options)

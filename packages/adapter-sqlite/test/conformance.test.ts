import { describeConformance } from '@userpoint/conformance/vitest'
import { prebuiltDriver } from './drivers.ts'
import { harnessOn } from './harness.ts'

describeConformance(harnessOn(prebuiltDriver))

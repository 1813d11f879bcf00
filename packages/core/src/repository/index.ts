export type {
  Awaitable,
  ClaimsOf,
  CommitResult,
  Flaw,
  Kind,
  Manifest,
  Reference,
  Repository,
  ScanOptions,
  Stored,
  Write
} from './repository.ts'
export { documentFlaws } from './document-flaws.ts'
export {
  aFlag,
  aFunction,
  aSignal,
  aText,
  demandOptions,
  milliseconds,
  oneOf,
  type OptionNames,
  type OptionValues,
  type ValueRule,
  WrongCall,
  type WrongCallCode
} from '../wrong-call.ts'
export type { Json, JsonObject } from '../domain/json.ts'
export { type Recovery, StoreFault, type StoreFaultDetails } from './store-fault.ts'

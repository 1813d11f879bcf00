/**
 * `@userpoint/core/patch`: changes of JSON values as values, with their laws.
 *
 * @module
 */
export { canonicalText, jsonEq } from '../domain/json.ts'
export {
  type ArrayPolicy,
  append,
  apply,
  concat,
  deepMerge,
  deletion,
  identity,
  merge,
  overlay,
  type Patch,
  patchMonoid,
  put,
  removeValues,
  shallowMerge,
  structuralRemoval,
  unite,
  within
} from '../domain/patch.ts'

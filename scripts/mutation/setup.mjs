/** A mutant falls to any counterexample: looking for the smallest would only take time. */
import fc from 'fast-check'

fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true })

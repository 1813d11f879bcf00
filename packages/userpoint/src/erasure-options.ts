/** The options of a deletion. */
export interface ErasureOptions {
  /** `true`: nothing brings the deleted identifiers back, until `liftSuppression` does (L-37). Default: the policy `suppression`. */
  readonly suppress?: true
}

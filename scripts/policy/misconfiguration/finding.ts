/** What is wrong: the pack allows what nobody allowed, may not end, does not see what it judges, or cannot be understood. */
export type FindingCode = 'default-allow' | 'unbounded-walk' | 'unused-input' | 'shadowed-rule' | 'missing-solution' | 'nondeterministic';

/** A misconfiguration: where, what, and what mends it. */
export interface Finding {
  code: FindingCode;
  /** `file:line`, from the current folder. */
  place: string;
  message: string;
  fix: string;
}

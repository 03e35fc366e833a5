export type Severity = 'low' | 'medium' | 'high' | 'critical';

/** What a reviewer or a validator found. */
export interface Finding {
  readonly source: string;
  readonly rule: string;
  readonly category: string;
  readonly severity: Severity;
  readonly file: string;
  /** 1-based; 0 when the finding is about the whole file. */
  readonly line: number;
  readonly message: string;
  readonly suggestion?: string;
  /** False when the base tree has it already. */
  readonly isNew: boolean;
}

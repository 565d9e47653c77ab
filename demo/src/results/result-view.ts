// How the rows of a job's table are shown: which column is the key, what a window's point on the chart is,
// what the ranking counts. Each demo job brings one; a job over the reader's own file has one made for it.

export interface ResultView {
  readonly table: string;
  readonly key: string;
  /** What a key is, for headings: 'origin airport'. */
  readonly keyLabel: string;
  readonly windowMs: number;
  readonly slideMs: number;
  readonly chart: Measure & { readonly title: string };
  readonly ranking: Measure & {
    readonly title: string;
    /** 'total': over all windows so far; 'latest': of the newest window. */
    readonly over: 'total' | 'latest';
  };
  /** Human names of columns, where the column's own is not enough. */
  readonly columnLabels: Readonly<Record<string, string>>;
}

export interface Measure {
  readonly column: string;
  /** With a divisor the measure is the ratio of both sums. */
  readonly divisor?: string;
  readonly unit: 'count' | 'percent' | 'number';
  /** How values of several keys or windows become one. */
  readonly fold: 'sum' | 'max' | 'min';
}

/** An error that is answered as application/problem+json. */
export class Refusal extends Error {
  constructor(status, type, title, detail, hint, more = {}) {
    super(detail);
    this.problem = { type, title, status, detail, ...(hint ? { hint } : {}), ...more };
  }
}

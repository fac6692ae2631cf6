/* How long to wait between attempts: longer each time, never the same for all
pages that lost the same daemon. */

export class Backoff {
  constructor(first = 250, longest = 8000) {
    this.first = first;
    this.longest = longest;
    this.failures = 0;
  }

  reset() {
    this.failures = 0;
  }

  next() {
    const most = Math.min(this.longest, this.first * 2 ** this.failures++);
    return most * (0.6 + 0.4 * Math.random());
  }
}

export const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/* Return what an attempt returns at last; it may fail any number of times. */
export async function persist(attempt, onFailure = () => {}) {
  const backoff = new Backoff();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      onFailure(error);
      await sleep(backoff.next());
    }
  }
}

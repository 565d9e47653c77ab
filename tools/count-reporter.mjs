// A node:test reporter that writes the counts of the whole run as JSON, for tools/suites.mjs.
export default async function* countReporter(events) {
  for await (const { type, data } of events) {
    if (type !== 'test:summary' || data.file !== undefined) continue;
    const { passed, failed, cancelled, skipped, todo } = data.counts;
    yield JSON.stringify({ passed, failed: failed + cancelled, skipped: skipped + todo });
  }
}

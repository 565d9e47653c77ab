// Reads the fenced blocks and links of a Markdown page. The word behind the language says what tests do with a block:
//   ts file=NAME       a complete module: type-checked, and written where the page's commands run
//   ts fragment        lines of a module: type-checked behind the names of fragment-prelude.ts
//   LANG file=NAME     an input, written there too
//   sh run             commands that are run; the next block, `text output`, is what they print
//   sh                 commands for the reader; the npm scripts and files that they name must exist
// A `ts` block without such a word is an error, so that no snippet goes untested by accident.

/** `[{ page, line, language, words, file, text }]`; `line` is the block's first line of text, from 1. */
export function blocksOf(page, markdown) {
  const blocks = [];
  let open;
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^```(\S*)\s*(.*)$/.exec(line);
    if (open === undefined && fence) {
      const words = fence[2].split(/\s+/).filter(Boolean);
      const file = words.find((word) => word.startsWith('file='))?.slice('file='.length);
      open = { page, line: index + 2, language: fence[1], words, file, lines: [] };
    } else if (open !== undefined && line === '```') {
      const { lines, ...block } = open;
      blocks.push({ ...block, text: `${lines.join('\n')}\n` });
      open = undefined;
    } else open?.lines.push(line);
  }
  if (open !== undefined) throw new Error(`${page}:${open.line}: the block is not closed`);
  return blocks;
}

/** Targets of links and pictures outside of blocks: `[{ line, target }]`. */
export function linksOf(markdown) {
  const links = [];
  let inBlock = false;
  for (const [index, line] of markdown.split('\n').entries()) {
    if (line.startsWith('```')) inBlock = !inBlock;
    if (inBlock) continue;
    for (const [, target] of line.matchAll(/\]\(([^)\s]+)\)/g)) links.push({ line: index + 1, target });
  }
  return links;
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(markdown) {
  const headings = markdown.split('\n').flatMap((line) => /^#{1,6} (.+)$/.exec(line)?.[1] ?? []);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-'),
  );
}

/** What is wrong with the blocks' words, as text with page and line. */
export function wrongBlocks(blocks) {
  return blocks.flatMap((block, index) => {
    const at = `${block.page}:${block.line}`;
    const before = blocks[index - 1];
    if (block.language === 'ts' && block.file === undefined && !block.words.includes('fragment'))
      return [`${at}: say 'ts file=NAME' or 'ts fragment'`];
    if (block.words.includes('output') && !(before?.page === block.page && before.words.includes('run')))
      return [`${at}: output without 'sh run' right before it`];
    if (block.words.includes('run') && !blocks[index + 1]?.words.includes('output'))
      return [`${at}: 'sh run' without 'text output' right behind it`];
    return [];
  });
}

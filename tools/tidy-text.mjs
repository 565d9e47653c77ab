// Reading source text for tools/tidy.mjs: blanking comments and strings, and finding imports.
// Offsets and lines never change, so what a rule finds can be shown with its line. This is a scanner, not a
// parser: it knows comments, quotes, templates and where a slash can begin a regular expression.

/** `noComments` keeps strings (for imports); `code` has strings and regular expressions blanked too. */
export function scan(text) {
  const noComments = [...text];
  const code = [...text];
  const blank = (target, from, to) => {
    for (let i = from; i < to; i++) if (target[i] !== '\n') target[i] = ' ';
  };
  const templates = []; // depth of braces inside each open `${`
  let at = text.startsWith('#!') ? endOfLine(text, 0) : 0;
  let previous = ''; // the last significant character, which tells division from a regular expression
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    const char = text[at];
    let end;
    if (two === '//' || two === '/*') {
      end = two === '//' ? endOfLine(text, at) : endAfter(text, '*/', at + 2);
      blank(noComments, at, end);
      blank(code, at, end);
    } else if (char === "'" || char === '"') {
      end = endOfQuoted(text, at);
      blank(code, at + 1, end - 1);
      previous = char;
    } else if (char === '`' || (char === '}' && templates.at(-1) === 0)) {
      if (char === '}') templates.pop();
      end = endOfTemplate(text, at + 1);
      const opens = text.startsWith('${', end - 2) && text[end - 1] === '{';
      if (opens) templates.push(0);
      blank(code, at + 1, opens ? end - 2 : end - 1);
      previous = opens ? '{' : '`';
    } else if (char === '/' && beginsRegExp(previous, text, at)) {
      end = endOfRegExp(text, at);
      blank(code, at + 1, end);
      previous = '/';
    } else {
      if (char === '{' && templates.length > 0) templates[templates.length - 1]++;
      if (char === '}' && templates.length > 0) templates[templates.length - 1]--;
      if (!/\s/.test(char)) previous = char;
      end = at + 1;
    }
    at = Math.max(end, at + 1);
  }
  return { noComments: noComments.join(''), code: code.join('') };
}

const IMPORT = /(?:\b(?:import|export)\b[^'"`;()]*?\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)(['"])([^'"\n]+)\1/g;

/** Every module that a file names: imports, type imports, re-exports, `import()` with a literal. */
export function importsOf(noComments) {
  return [...noComments.matchAll(IMPORT)].map((match) => ({
    specifier: match[2],
    line: lineOf(noComments, match.index + match[0].length - match[2].length - 1),
  }));
}

export function lineOf(text, index) {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

function endOfLine(text, at) {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

function endAfter(text, what, at) {
  const end = text.indexOf(what, at);
  return end === -1 ? text.length : end + what.length;
}

function endOfQuoted(text, at) {
  const quote = text[at];
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === quote) return i + 1;
    else if (text[i] === '\n') return i;
  }
  return text.length;
}

/** After the closing back-quote, or after the `${` that opens an expression. */
function endOfTemplate(text, at) {
  for (let i = at; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '`') return i + 1;
    else if (text.startsWith('${', i)) return i + 2;
  }
  return text.length;
}

function beginsRegExp(previous, text, at) {
  if (previous === '' || '(,=:[!&|?{};+-*%<>~^'.includes(previous)) return true;
  return /\b(?:return|typeof|case|in|of|await|yield)\s*$/.test(text.slice(Math.max(0, at - 12), at));
}

function endOfRegExp(text, at) {
  let inClass = false;
  for (let i = at + 1; i < text.length && text[i] !== '\n'; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '[') inClass = true;
    else if (text[i] === ']') inClass = false;
    else if (text[i] === '/' && !inClass) return i + 1;
  }
  return at + 1;
}

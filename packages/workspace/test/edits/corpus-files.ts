/** Texts with twins in them: blocks that begin, end or read alike, where an edit that guesses lands in the wrong one. */
const corpusFiles: { readonly [file: string]: string } = {
  'cart.ts': `import { round } from './round.ts';

export class Cart {
  private items: Item[] = [];

  add(item: Item): void {
    if (item.count < 1) {
      throw new Error("count - at least 1");
    }
    this.items.push(item);
  }

  total(): number {
    let sum = 0;
    for (const item of this.items) {
      sum += item.price * item.count;
    }
    return round(sum);
  }

  weight(): number {
    let sum = 0;
    for (const item of this.items) {
      sum += item.weight * item.count;
    }
    return round(sum);
  }
}

export class Wishlist {
  private items: Item[] = [];

  add(item: Item): void {
    if (item.count < 1) {
      throw new Error('count must be 1 or more');
    }
    this.items.push(item);
  }

  total(): number {
    let sum = 0;
    for (const item of this.items) {
      sum += item.price;
    }
    return round(sum);
  }
}
`,
  'store.py': `import json
from pathlib import Path


class Store:
    def __init__(self, path):
        self.path = Path(path)
        self.rows = {}

    def load(self):
        if not self.path.exists():
            return
        with self.path.open() as file:
            self.rows = json.load(file)

    def save(self):
        with self.path.open("w") as file:
            json.dump(self.rows, file)

    def get(self, key):
        """Returns the row - or None."""
        if key not in self.rows:
            return None
        return self.rows[key]

    def pop(self, key):
        """Removes the row - and returns it."""
        if key not in self.rows:
            return None
        return self.rows.pop(key)
`,
  'page.html': `<main>
  <section id="one">
    <h2>First "quoted" title</h2>
    <p>Some text - with a dash.</p>
    <button class="go">Go</button>
  </section>
  <section id="two">
    <h2>Second 'quoted' title</h2>
    <p>Some text - with a dash.</p>
    <button class="go">Go</button>
  </section>
  <footer>
    <p>The end...</p>
    <a href="#one">Up</a>
  </footer>
</main>
`,
  'deploy.yaml': `services:
  web:
    image: "web:1"
    ports:
      - "80:80"
    restart: always
  api:
    image: "api:1"
    ports:
      - "81:80"
    restart: always
  worker:
    image: "api:1"
    command: "work"
    restart: always
volumes:
  data:
    driver: local
`,
  'NOTES.md': `# Notes - of the release

Version "2" drops the old API.

- Read 'one' before 'two'
- Wait...
- Then go on

## Install

    npm install thing
    npm run build

## Remove

    npm remove thing
    npm run clean

Ask "us" - or don't.
`,
  'sum.go': `package sum

import "fmt"

func Sum(numbers []int) int {
	total := 0
	for _, number := range numbers {
		total += number
	}
	return total
}

func Product(numbers []int) int {
	total := 1
	for _, number := range numbers {
		total *= number
	}
	return total
}

func Show(numbers []int) {
	fmt.Println("sum -", Sum(numbers))
	fmt.Println("product -", Product(numbers))
}
`,
};

/** A change of some lines of a file that stand there once. */
export interface CorpusEdit {
  readonly file: string;
  readonly lines: readonly string[];
  readonly first: number;
  readonly count: number;
  readonly fresh: readonly string[];
}

/** Windows of three to six lines at regular places; in each the inner lines are changed and one is added. */
export function corpusEdits(): readonly CorpusEdit[] {
  return Object.entries(corpusFiles).flatMap(([file, text]) => {
    const lines = text.slice(0, -1).split('\n');
    const edits: CorpusEdit[] = [];
    for (let first = 0; first + 3 <= lines.length; first += 3) {
      const count = Math.min(3 + (first % 4), lines.length - first);
      const old = lines.slice(first, first + count);
      const isBlankEnd = old[0]?.trim() === '' || old.at(-1)?.trim() === '';
      if (isBlankEnd || old.filter((line) => line.trim() !== '').length < 3 || text.split(old.join('\n')).length !== 2) continue;
      const fresh = old.flatMap((line, index) => (index === 1 ? [`${line} changed`, `${/^\s*/.exec(line)?.[0]}added`] : [line]));
      edits.push({ file, lines, first, count, fresh });
    }
    return edits;
  });
}

"use strict";
(() => {
  const root = document.documentElement;
  const $ = (selector, from = document) => from.querySelector(selector);

  // Light and dark.
  const theme = $("#theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const showTheme = () => theme.setAttribute("aria-pressed", String(isDark()));
  theme.hidden = false;
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    showTheme();
  });
  system.addEventListener("change", showTheme);
  showTheme();

  const source = $("#live");
  if (!source) return;
  const data = JSON.parse(source.textContent);

  // Bytes as the letters of merges.txt: printable ones stand for themselves, the others for U+0100 on.
  const letters = [];
  for (let byte = 0, next = 256; byte < 256; byte++) {
    const shows = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    letters.push(String.fromCharCode(shows ? byte : next++));
  }
  const ranks = new Map(data.merges.map((merge, rank) => [merge, rank]));
  const pattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

  // Every state of a word: bytes, then one merge more each, the lowest rank first, leftmost of equals.
  const states = (word) => {
    let tokens = [...new TextEncoder().encode(word)].map((byte) => letters[byte]);
    const all = [{ tokens, merge: "", rank: -1 }];
    for (;;) {
      let best = -1, place = -1;
      for (let i = 0; i + 1 < tokens.length; i++) {
        const rank = ranks.get(tokens[i] + " " + tokens[i + 1]);
        if (rank !== undefined && (place < 0 || rank < best)) [best, place] = [rank, i];
      }
      if (place < 0) return all;
      tokens = [...tokens.slice(0, place), tokens[place] + tokens[place + 1], ...tokens.slice(place + 2)];
      all.push({ tokens, merge: data.merges[best], rank: best });
    }
  };
  const wordsOf = (text) => text.match(pattern) || [];
  // For the test that compares this with the chapter's code.
  window.encode = (text) => wordsOf(text).flatMap((word) => states(word).at(-1).tokens);

  const element = (name, text, style) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (style) made.className = style;
    return made;
  };
  const table = (head, rows) => {
    const made = element("table");
    const line = (cells, name) => {
      const row = element("tr");
      cells.forEach((cell) => row.append(cell instanceof Node ? cell : element(name, cell)));
      if (name === "th") [...row.children].forEach((cell) => { cell.scope = "col"; });
      return row;
    };
    const top = element("thead"), body = element("tbody");
    top.append(line(head, "th"));
    rows.forEach((cells) => body.append(line(cells, "td")));
    made.append(top, body);
    return made;
  };
  const minus = (number) => String(number).replace("-", "−");

  // Merging.
  const showSteps = (word) => {
    const rows = states(word).map(({ tokens, merge, rank }) =>
      [rank < 0 ? "bytes" : "rank " + rank, merge, tokens.join(" | ")]);
    $("#steps").replaceChildren(table(["", "merge", "the word"], rows));
  };
  const showTokens = () => {
    const words = wordsOf($("#text").value);
    $("#tokens").replaceChildren(...words.flatMap((word) => {
      const button = element("button", undefined, "word");
      button.type = "button";
      states(word).at(-1).tokens.forEach((token) => button.append(element("span", token)));
      button.addEventListener("click", () => showSteps(word));
      return [button, " "];
    }));
    const longest = words.reduce((a, b) => (b.length > a.length ? b : a), "");
    if (longest) showSteps(longest); else $("#steps").replaceChildren();
  };
  $("#text").addEventListener("input", showTokens);
  showTokens();

  // Sliders: each shows what was computed for its value.
  const slider = (id, show) => {
    const input = $("#" + id);
    const changed = () => {
      const out = $(`output[for="${id}"]`);
      if (out) out.textContent = input.value;
      show();
    };
    input.addEventListener("input", changed);
    changed();
  };
  const showSearch = () => {
    const beams = data.searches[$("#width").value - 1][$("#step").value];
    $("#search").replaceChildren(table(["score", "text"], beams.map((beam) =>
      [minus(beam.score), beam.ids.map((id) => data.words[id]).join(" ")])));
  };
  slider("width", showSearch);
  slider("step", showSearch);
  const showMask = () => {
    const rows = $("#causal").checked ? data.masked : data.open;
    $("#attention").replaceChildren(table(["", ...data.words], rows.map((row, r) =>
      [Object.assign(element("th", data.words[r]), { scope: "row" }), ...row.map((p) => {
        const cell = element("td", p.toFixed(2));
        cell.style.setProperty("--p", p.toFixed(3));
        cell.className = "weight";
        return cell;
      })])));
  };
  $("#causal").addEventListener("change", showMask);
  showMask();
  slider("warmup", () => {
    const rates = data.curves[$("#warmup").value / 10];
    $("#curve").setAttribute("points", rates.map((rate, step) =>
      (40 + step * 3.6).toFixed(1) + "," + (120 - rate / 5e-5 * 105).toFixed(1)).join(" "));
  });
})();

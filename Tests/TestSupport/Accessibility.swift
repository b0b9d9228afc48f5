/// What can be checked of a page by rule, in the manner of axe-core: scripts for a browser, each of which
/// returns what breaks it.
package enum Accessibility {
  /// Of the document.
  package static let rules: [(name: String, script: String)] = [
    (
      "ids are unique",
      """
      (ids => ids.filter((id, at) => ids.indexOf(id) !== at))(
        [...document.querySelectorAll("[id]")].map(e => e.id))
      """
    ),
    (
      "headings go down one level at a time",
      """
      [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map(h => Number(h.tagName[1]))
        .flatMap((level, at, all) => at === 0 ? (level === 1 ? [] : [level])
          : level - all[at - 1] > 1 ? [level] : [])
      """
    ),
    (
      "one main, one h1, landmarks",
      """
      [["main", 1], ["h1", 1], ["nav[aria-label]", 1], ["body > header", 1], ["body > footer", 1],
        ["a.skip[href='#main']", 1]].filter(([s, n]) => document.querySelectorAll(s).length !== n)
        .map(([s]) => s)
      """
    ),
    (
      "pictures have names",
      """
      [...document.querySelectorAll("svg, img")].filter(e => {
        const by = (e.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean);
        return !(e.getAttribute("aria-label") || e.alt ||
          (by.length && by.every(id => document.getElementById(id)?.textContent.trim())));
      }).map(e => e.outerHTML.slice(0, 80))
      """
    ),
    (
      "fields have labels, buttons names",
      """
      [...document.querySelectorAll("input, select, button")].filter(e =>
        !(e.labels?.length || e.getAttribute("aria-label") || e.textContent.trim()))
        .map(e => e.outerHTML.slice(0, 80))
      """
    ),
    (
      "what has a role that needs a name has one",
      """
      [...document.querySelectorAll("[role=application], [role=region], [role=group]")]
        .filter(e => !e.getAttribute("aria-label")).map(e => e.outerHTML.slice(0, 80))
      """
    ),
    (
      "links go somewhere",
      """
      [...document.querySelectorAll("a[href^='#']")].filter(a =>
        !document.getElementById(a.hash.slice(1))).map(a => a.hash)
      """
    ),
    (
      "references are met",
      """
      [...document.querySelectorAll("[for], [aria-labelledby]")].flatMap(e =>
        (e.getAttribute("for") || e.getAttribute("aria-labelledby")).split(" "))
        .filter(id => !document.getElementById(id))
      """
    ),
    (
      "table headers have a scope",
      """
      [...document.querySelectorAll("th:not([scope])")].map(e => e.outerHTML.slice(0, 80))
      """
    ),
    (
      "what scrolls can take the focus",
      """
      [...document.querySelectorAll("*")].filter(e => e.scrollWidth > e.clientWidth + 1 &&
        ["auto", "scroll"].includes(getComputedStyle(e).overflowX) && e.clientWidth > 0 &&
        e.tabIndex < 0).map(e => e.outerHTML.slice(0, 80))
      """
    ),
    (
      "what is under the pointer is under the keys",
      """
      [...document.querySelectorAll("[data-tip]")].filter(e =>
        !e.closest(".walk[tabindex='0']") && !e.closest(".tokens")?.querySelector("[tabindex='0']"))
        .map(e => e.outerHTML.slice(0, 80))
      """
    ),
    (
      "nothing that takes the focus is inside a picture",
      """
      [...document.querySelectorAll("[role=img] [tabindex], [role=img] a, [role=img] button")]
        .map(e => e.outerHTML.slice(0, 80))
      """
    ),
    (
      "targets for fingers are large enough",
      """
      [...document.querySelectorAll("button, select, summary")].filter(e => e.checkVisibility() &&
        e.getBoundingClientRect().height < 20).map(e => e.outerHTML.slice(0, 80))
      """
    ),
  ]

  /// Contrast of all texts with what is behind them, as WCAG 2 counts: 4.5, large text 3.
  public static let contrast = """
    (() => {
      const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      const rgb = color => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = "#000";
        canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data]; };
      const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
      const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
      const behind = e => { for (let at = e; at; at = at.parentElement) {
        const c = rgb(getComputedStyle(at).backgroundColor); if (c[3] > 250) return c; }
        return [255, 255, 255, 255]; };
      const wrong = new Set();
      for (const e of document.querySelectorAll("main *, header *, footer *, nav *")) {
        if (e.closest("svg") || e.closest(":disabled") || !e.checkVisibility()) continue;
        if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
        const style = getComputedStyle(e);
        const [a, b] = [light(rgb(style.color)), light(behind(e))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const size = parseFloat(style.fontSize);
        const need = size >= 24 || (size >= 18.6 && style.fontWeight >= 700) ? 3 : 4.5;
        if (ratio < need) wrong.add(e.tagName + "." + e.className + " " + ratio.toFixed(2));
      }
      return [...wrong];
    })()
    """
}

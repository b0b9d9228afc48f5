"use strict";
(() => {
  const root = document.documentElement;
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  root.classList.remove("no-js");

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

  // The number at the pointer or the focus. One box for the page, kept inside the window.
  const tip = $("#tip");
  const say = $("#say");
  const hideTip = () => { tip.hidden = true; };
  const showTip = (item) => {
    tip.textContent = item.dataset.tip;
    tip.hidden = false;
    const box = item.getBoundingClientRect();
    const [width, height] = [tip.offsetWidth, tip.offsetHeight];
    const above = box.top - height - 8;
    const left = box.left + box.width / 2 - width / 2;
    tip.style.left = Math.max(8, Math.min(left, root.clientWidth - width - 8)) + "px";
    tip.style.top = (above > 4 ? above : box.bottom + 8) + "px";
  };
  const tipped = (event) => event.target.closest ? event.target.closest("[data-tip]") : null;
  let pointer = "";
  document.addEventListener("pointerover", (event) => {
    // The page may move below a mouse that rests: keys have scrolled it, and theirs is the mark.
    const at = event.clientX + " " + event.clientY;
    if (event.pointerType === "mouse" && at === pointer) return;
    pointer = at;
    const item = tipped(event);
    if (item) { showTip(item); enter(item); } else { hideTip(); leave(event.target); }
  });
  document.addEventListener("pointermove", (event) => {
    pointer = event.clientX + " " + event.clientY;
  }, { passive: true });
  document.addEventListener("focusin", (event) => {
    const item = tipped(event);
    if (item) showTip(item); else hideTip();
  });
  document.addEventListener("focusout", hideTip);
  document.addEventListener("scroll", (event) => {
    if (event.target === document) hideTip();
  }, { passive: true });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hideTip(); });

  // Tokens: one stop of the tab key for a text, arrow keys within it.
  for (const text of $$(".tokens")) {
    const tokens = $$(".token", text);
    tokens.forEach((token, index) => { token.tabIndex = index === 0 ? 0 : -1; });
    text.addEventListener("keydown", (event) => {
      const at = tokens.indexOf(document.activeElement);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tokens.length - 1 }[event.key];
      if (at < 0 || to === undefined || !tokens[to]) return;
      event.preventDefault();
      tokens[at].tabIndex = -1;
      tokens[to].tabIndex = 0;
      tokens[to].focus();
      say.textContent = tokens[to].textContent + ": " + tokens[to].dataset.tip;
    });
  }

  // Figures: the figure takes the focus, arrow keys walk over its marks.
  const place = (item) => [Number(item.dataset.x), Number(item.dataset.y)];
  const neighbour = (items, from, key) => {
    const [x, y] = place(from);
    const parent = from.dataset.parent;
    if (key === "ArrowLeft" && parent) return items.find((item) => item.id === parent);
    if (key === "ArrowRight" && from.id) {
      const child = items.find((item) => item.dataset.parent === from.id);
      if (child) return child;
    }
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    let best = null;
    let least = Infinity;
    for (const item of items) {
      const [a, b] = place(item);
      const along = (a - x) * dx + (b - y) * dy;
      const across = Math.abs(dx ? b - y : a - x);
      if (along > 0 && along + 8 * across < least) { best = item; least = along + 8 * across; }
    }
    return best;
  };
  const enter = (item) => {
    const figure = item.closest("[data-walk]");
    if (!figure) return;
    if (figure.current !== item) {
      if (figure.current) figure.current.classList.remove("at");
      item.classList.add("at");
      figure.current = item;
    }
    figure.dispatchEvent(new CustomEvent("walked", { detail: item }));
  };
  const leave = (target) => {
    for (const figure of $$("[data-walk]")) {
      if (figure.current && !figure.contains(target) && !figure.contains(document.activeElement)) {
        figure.current.classList.remove("at");
        figure.current = null;
        figure.dispatchEvent(new CustomEvent("walked", { detail: null }));
      }
    }
  };
  const walkTo = (figure, item) => {
    enter(item);
    const box = item.getBoundingClientRect();
    const view = figure.getBoundingClientRect();
    if (box.left < view.left + 20) figure.scrollLeft -= view.left - box.left + 60;
    if (box.right > view.right - 20) figure.scrollLeft += box.right - view.right + 60;
    showTip(item);
    say.textContent = item.dataset.tip;
  };
  for (const figure of $$("[data-walk]")) {
    const marks = () => $$("[data-tip]", figure);
    figure.addEventListener("focus", () => {
      if (!figure.matches(":focus-visible")) return;
      const first = figure.current || marks()[0];
      if (first) walkTo(figure, first);
    });
    figure.addEventListener("blur", () => leave(root));
    figure.addEventListener("keydown", (event) => {
      const items = marks();
      const at = figure.current || items[0];
      let to = null;
      if (event.key === "Home") to = items[0];
      else if (event.key === "End") to = items[items.length - 1];
      else if (event.key.startsWith("Arrow")) to = at && neighbour(items, at, event.key);
      else return;
      event.preventDefault();
      if (to) walkTo(figure, to);
    });
  }

  // The beam-search explorer.
  for (const explorer of $$(".explorer")) {
    const [stepper, slider] = [$(".stepper", explorer), $("input", explorer)];
    const [previous, next] = [$(".previous", explorer), $(".next", explorer)];
    const steps = $$(".step", explorer);
    const [svg, shown] = [$(".tree svg", explorer), $(".path .shown", explorer)];
    const hint = shown.textContent;
    const show = (step) => {
      slider.value = step;
      $("output", explorer).textContent = step + " of " + steps.length;
      previous.disabled = step <= 1;
      next.disabled = step >= steps.length;
      for (const item of steps) item.hidden = Number(item.dataset.step) !== step;
      for (const part of $$("[data-column]", svg)) {
        part.classList.toggle("at", Number(part.dataset.column) === step);
      }
    };
    const move = (by) => show(Math.max(1, Math.min(steps.length, Number(slider.value) + by)));
    stepper.hidden = false;
    slider.addEventListener("input", () => show(Number(slider.value)));
    previous.addEventListener("click", () => move(-1));
    next.addEventListener("click", () => move(1));
    stepper.addEventListener("keydown", (event) => {
      if (event.target === slider) return;
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) { event.preventDefault(); move(by); }
    });
    $(".expand", explorer).addEventListener("click", (event) => {
      const on = event.currentTarget.getAttribute("aria-pressed") !== "true";
      event.currentTarget.setAttribute("aria-pressed", String(on));
      event.currentTarget.textContent = on ? "Collapse all" : "Expand all";
      for (const node of $$("details.node", explorer)) node.open = on;
    });
    // The path from a node to the prompt.
    $("[data-walk]", explorer).addEventListener("walked", (event) => {
      for (const part of $$(".on", svg)) part.classList.remove("on");
      svg.classList.toggle("tracing", Boolean(event.detail));
      shown.textContent = event.detail ? event.detail.dataset.text : hint;
      for (let node = event.detail; node; node = document.getElementById(node.dataset.parent || "")) {
        node.classList.add("on");
        const edge = document.getElementById("edge-" + node.id);
        if (edge) edge.classList.add("on");
      }
      const column = event.detail ? Number(event.detail.dataset.x) : 0;
      if (column > 0) show(column);
    });
    show(1);
  }

  // Attention.
  for (const view of $$(".attention")) {
    const data = JSON.parse($(".weights", view).textContent);
    const [layer, head] = [$(".layer", view), $(".head", view)];
    const cells = $$(".cellbox", view);
    const entries = $$("td[data-entry]", view);
    const rowTokens = $$(".row-tokens span", view);
    const name = (token) => JSON.stringify(data.tokens[token]);
    const index = (query, key) => query * (query + 1) / 2 + key;
    const share = (value) => (value / 1000).toFixed(3);
    let query = data.tokens.length - 1;
    const map = () => data.weights[Number(layer.value)][Number(head.value)];
    const showRow = (to) => {
      query = to;
      $(".row-name .shown", view).textContent = name(query) + " looks at";
      rowTokens.forEach((token, key) => {
        const value = key <= query ? map()[index(query, key)] : 0;
        token.style.background =
          "color-mix(in srgb, var(--accent) " + Math.round(value * 0.075) + "%, transparent)";
      });
      for (const label of $$("[data-label]", view)) {
        label.classList.toggle("at", Number(label.dataset.label) === query);
      }
    };
    const show = () => {
      const weights = map();
      for (const cell of cells) {
        const [key, row] = place(cell);
        const value = weights[index(row, key)];
        cell.setAttribute("fill-opacity", share(value));
        cell.dataset.tip = name(row) + " → " + name(key) + "\n" + share(value);
      }
      for (const entry of entries) entry.textContent = share(weights[Number(entry.dataset.entry)]);
      const which = "layer " + (Number(layer.value) + 1) + ", head " + (Number(head.value) + 1);
      $("svg title", view).textContent = "Attention of " + which;
      $(".which", view).textContent = which;
      showRow(query);
    };
    $(".choose", view).hidden = false;
    layer.addEventListener("change", show);
    head.addEventListener("change", show);
    $("[data-walk]", view).addEventListener("walked", (event) => {
      if (event.detail) showRow(Number(event.detail.dataset.y));
    });
    show();
  }

  // Paper: everything is open, and afterwards as it was.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = $$("details:not([open])");
    for (const part of closed) part.open = true;
  });
  addEventListener("afterprint", () => { for (const part of closed) part.open = false; });

  // A narrow page begins with its contents closed; where one is, is marked.
  const contents = $(".contents details");
  const narrow = matchMedia("(max-width: 60rem)");
  const fold = () => { contents.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();
  const links = new Map($$(".contents a").map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      const link = links.get(entry.target.id);
      if (link) link.setAttribute("aria-current", "location");
    }
  }, { rootMargin: "0px 0px -75% 0px" });
  for (const section of $$(".question")) seen.observe(section);
})();

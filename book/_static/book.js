// The pages' policy allows no code in attributes, so the theme's print button gets its listener here.
document.querySelector(".btn-download-pdf-button")?.addEventListener("click", () => window.print());
// A menu of the buttons closes as one would expect.
const close = (from) => {
  document.querySelectorAll("details.dropdown[open]").forEach((menu) => {
    if (!menu.contains(from)) menu.open = false;
  });
};
addEventListener("click", ({ target }) => close(target));
addEventListener("keydown", ({ key }) => key === "Escape" && close());
// A link to a section of this page, in the menu of a telephone, leads out of the menu.
document.querySelector("#pst-primary-sidebar-modal")?.addEventListener(
  "click",
  ({ target, currentTarget }) => {
    if (target.closest("a[href^='#']")) currentTarget.close();
  },
);
// Paper is white, whatever theme the reader has chosen.
addEventListener("beforeprint", () => {
  const { dataset } = document.documentElement, chosen = dataset.theme;
  if (chosen === "light") return;
  dataset.theme = "light";
  addEventListener("afterprint", () => {
    dataset.theme = chosen;
  }, { once: true });
});
// A page that was opened from a file may not read others for the summary of a search result.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS === "object") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
// The excerpt of a search result is taken from what a page says. Its code comes after that, for a word that stands
// nowhere else, and what a page imports, or offers around its article, not at all. What a question says stands in its
// fallback; those of other widgets are tables.
if (typeof Search === "object") {
  Search.htmlToText = (html, anchor) => {
    const article = new DOMParser().parseFromString(html, "text/html").querySelector("article");
    if (!article) return "";
    const beside = ":not([data-question]) > .fallback";
    article.querySelectorAll(`script, style, .headerlink, .chapter-line, .beside, summary, ${beside}`)
      .forEach((each) => each.remove());
    const part = (anchor && article.querySelector(anchor)) || article;
    const blocks = [...part.querySelectorAll(".cell_input, .cell_output pre")];
    const code = blocks.map((block) => block.textContent.replace(/^(import|from) .*\n/gm, ""));
    blocks.forEach((block) => block.remove());
    return [part.textContent, ...code].join(" ").replace(/\s+/g, " ");
  };
}
// What scrolls sideways can be reached by keyboard. The theme sees to code, unless it was hidden when the
// page was opened, and to tables, but looks a moment after the window's size has changed: its sidebar may
// still be moving then, and the text be wider than it will stay. This sees to formulas too, and looks
// whenever the width of one of them has changed. First all widths are read, then all is written: the other
// way the page would be laid out again for each.
if (window.ResizeObserver) {
  const reach = new ResizeObserver((sized) => {
    const wide = sized.map(({ target }) => target.scrollWidth > target.clientWidth);
    sized.forEach(({ target }, k) => {
      if (wide[k]) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    });
  });
  document.querySelectorAll("div.math, article pre, .cell_output > .output, .pst-scrollable-table-container")
    .forEach((wide) => reach.observe(wide));
}
// A long page is laid out section by section, each in a moment of its own (book.css hides the rest), but at
// once where a place on the page is asked for, since whatever stands above it counts.
const sections = [...document.querySelectorAll(".bd-article > section section")];
const soon = window.requestIdleCallback ?? ((task) => setTimeout(task, 50));
const layOut = (count) => sections.splice(0, count).forEach((section) => section.classList.add("laid-out"));
const layOutNext = () => {
  layOut(scrollY ? sections.length : 1);
  if (sections.length) soon(layOutNext);
};
// its name has the fragments of text that the hash leaves out
const [opened] = performance.getEntriesByType("navigation");
if (location.hash || opened?.name.includes("#") || opened?.type !== "navigate") layOut(sections.length);
else addEventListener("load", () => soon(layOutNext));
addEventListener("click", ({ target }) => {
  if (target.closest?.("a[href*='#']")) layOut(sections.length);
}, { capture: true });

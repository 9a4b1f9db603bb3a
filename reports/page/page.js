const lsgd = (() => {
  const builders = {};
  const drawn = [];

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const readTheme = () => ({
    accent: color("--accent"),
    second: color("--second"),
    third: color("--third"),
    fourth: color("--fourth"),
    fail: color("--fail"),
    muted: color("--muted"),
    line: color("--line"),
    band: color("--band"),
    font: getComputedStyle(document.body).fontFamily,
  });

  const drawAll = () => {
    const theme = readTheme();
    Object.assign(Chart.defaults, { color: theme.muted, animation: false, maintainAspectRatio: false });
    Chart.defaults.font.family = theme.font;
    Chart.defaults.font.size = 11;
    Chart.defaults.plugins.legend.display = false;
    Chart.defaults.scale.grid.borderColor = theme.line;
    drawn.splice(0).forEach((chart) => chart.destroy());
    drawVisible();
  };

  /// A canvas within a closed <details> has no size; it is drawn when it is opened.
  const drawVisible = () => {
    const theme = readTheme();
    for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
      if (canvas.offsetParent === null || Chart.getChart(canvas)) continue;
      const all = JSON.parse(document.getElementById(`${canvas.dataset.chart}-charts`).textContent);
      drawn.push(new Chart(canvas, builders[canvas.dataset.chart](all[canvas.dataset.index], theme, all)));
    }
    document.documentElement.dataset.charts = drawn.length;
  };

  for (const details of document.querySelectorAll("details")) details.addEventListener("toggle", drawVisible);

  /// What a link leads to is shown, however deep it is folded.
  const showTarget = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    const long = target.querySelector(":scope > details.long");
    if (long) long.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", showTarget);

  /// Rows without every word of the filter are hidden, and what has no row left.
  const filter = document.querySelector("#filter input");
  const applyFilter = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = (node) => words.every((word) => node.textContent.toLowerCase().includes(word));
    for (const row of document.querySelectorAll("main tbody tr:not(.group)")) row.hidden = !matches(row);
    for (const article of document.querySelectorAll("article.failure"))
      article.hidden = !words.every((word) => `${article.id} ${article.textContent}`.toLowerCase().includes(word));
    for (const body of document.querySelectorAll("main tbody"))
      for (const heading of body.querySelectorAll("tr.group")) heading.hidden = words.length > 0 && !body.querySelector("tr:not(.group):not([hidden])");
    for (const details of document.querySelectorAll("main details")) {
      const rows = details.querySelectorAll("tbody tr:not(.group), article.failure");
      const found = [...rows].some((row) => !row.hidden);
      details.hidden = words.length > 0 && rows.length > 0 && !found;
      if (details.matches(".long") && words.length > 0) details.open = found;
    }
  };
  document.getElementById("filter").hidden = false;
  filter.addEventListener("input", applyFilter);

  /// Sorts a table's rows by a column, within the groups that it has; numbers as numbers.
  const number = (text) => (/^[-+]?[\d,]/.test(text) ? Number.parseFloat(text.replaceAll(",", "")) : Number.NaN);
  const compare = (a, b) => (Number.isNaN(number(a)) || Number.isNaN(number(b)) ? a.localeCompare(b, "en") : number(a) - number(b));
  const sortBy = (table, column, direction) => {
    const text = (row) => (row.cells[column]?.textContent ?? "").trim();
    for (const body of table.tBodies) {
      const rows = [...body.rows].filter((row) => !row.classList.contains("group"));
      rows.sort((a, b) => direction * compare(text(a), text(b))).forEach((row) => body.append(row));
    }
  };
  for (const table of document.querySelectorAll("main table")) {
    const head = table.tHead;
    if (!head || head.rows.length !== 1 || table.classList.contains("overview")) continue;
    [...head.rows[0].cells].forEach((cell, column) => {
      const button = document.createElement("button");
      button.className = "sort";
      button.append(...cell.childNodes);
      cell.append(button);
      button.addEventListener("click", () => {
        const direction = cell.ariaSort === "ascending" ? -1 : 1;
        for (const other of head.rows[0].cells) other.ariaSort = null;
        cell.ariaSort = direction === 1 ? "ascending" : "descending";
        sortBy(table, column, direction);
      });
    });
  }

  const selectAndCopy = (node) => {
    getSelection().selectAllChildren(node);
    document.execCommand("copy");
  };

  for (const button of document.querySelectorAll("button.copy")) {
    const command = button.parentElement.querySelector("code");
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(command.textContent);
      } catch {
        selectAndCopy(command);
      }
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("#verdicts details:not([open]), #failures details:not([open])")];
    closed.forEach((details) => { details.open = true; });
    document.documentElement.classList.add("light");
    drawAll();
  });
  addEventListener("afterprint", () => {
    closed.forEach((details) => { details.open = false; });
    document.documentElement.classList.remove("light");
    drawAll();
  });

  return {
    /// Registers how a section's canvases are drawn: build(chart, theme, all) returns a Chart.js configuration.
    define: (name, build) => { builders[name] = build; },
    shortCount: (value) => new Intl.NumberFormat("en", { notation: "compact" }).format(value),
    /// Horizontal bars with a label above each: bars of { name, label, value, color }, values in `unit`.
    labelledBars: (bars, unit, theme) => ({
      type: "bar",
      data: {
        datasets: [{
          data: bars.map((bar, line) => ({ x: bar.value, y: line + 0.2 })),
          backgroundColor: bars.map((bar) => bar.color),
          barThickness: 8,
        }],
      },
      plugins: [{
        id: "labels",
        afterDatasetsDraw({ ctx, scales: { y }, chartArea }) {
          ctx.save();
          ctx.fillStyle = theme.muted;
          ctx.font = `11px ${theme.font}`;
          ctx.textBaseline = "bottom";
          bars.forEach((bar, line) =>
            ctx.fillText(bar.label, chartArea.left + 4, y.getPixelForValue(line) - 3, chartArea.width - 8));
          ctx.restore();
        },
      }],
      options: {
        indexAxis: "y",
        scales: {
          x: {
            min: 0,
            grid: { color: theme.line },
            ticks: { maxRotation: 0, callback: (value) => lsgd.shortCount(value) },
          },
          y: { type: "linear", min: -0.6, max: bars.length - 0.4, reverse: true, display: false, offset: false },
        },
        plugins: {
          tooltip: {
            callbacks: {
              title: ([{ dataIndex }]) => bars[dataIndex].name,
              label: ({ raw }) => `${raw.x.toLocaleString("en")} ${unit}`,
            },
          },
        },
      },
    }),
    /// The ticks 1, 2 and 5 of every decade: afterBuildTicks of a logarithmic axis.
    keepRoundTicks: (axis) => {
      axis.ticks = axis.ticks.filter(({ value }) => [1, 2, 5].includes(Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9))));
    },
    drawAll: () => {
      drawAll();
      showTarget();
    },
  };
})();

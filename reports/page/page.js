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
    for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
      const all = JSON.parse(document.getElementById(`${canvas.dataset.chart}-charts`).textContent);
      drawn.push(new Chart(canvas, builders[canvas.dataset.chart](all[canvas.dataset.index], theme, all)));
    }
    document.documentElement.dataset.charts = drawn.length;
  };

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
    closed = [...document.querySelectorAll("#failures details:not([open])")];
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
    drawAll,
  };
})();

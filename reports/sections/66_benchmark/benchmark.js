lsgd.define("benchmark", (chart, theme) => {
  const total = chart.functions.reduce((sum, entry) => sum + entry.cycles, 0);
  const label = (entry) =>
    `${entry.name}  ${entry.cycles.toLocaleString("en")}  ${((100 * entry.cycles) / total).toFixed(1)} %`;
  const names = {
    id: "names",
    afterDatasetsDraw({ ctx, scales: { y }, chartArea }) {
      ctx.save();
      ctx.fillStyle = theme.muted;
      ctx.font = `11px ${theme.font}`;
      ctx.textBaseline = "bottom";
      chart.functions.forEach((entry, line) =>
        ctx.fillText(label(entry), chartArea.left + 4, y.getPixelForValue(line) - 3, chartArea.width - 8));
      ctx.restore();
    },
  };
  return {
    type: "bar",
    data: {
      datasets: [{
        data: chart.functions.map((entry, line) => ({ x: entry.cycles, y: line + 0.2 })),
        backgroundColor: theme.accent,
        barThickness: 8,
      }],
    },
    plugins: [names],
    options: {
      indexAxis: "y",
      scales: {
        x: {
          min: 0,
          grid: { color: theme.line },
          ticks: { maxRotation: 0, callback: (value) => lsgd.shortCount(value) },
        },
        y: { type: "linear", min: -0.6, max: chart.functions.length - 0.4, reverse: true, display: false, offset: false },
      },
      plugins: {
        tooltip: {
          callbacks: {
            title: ([{ dataIndex }]) => chart.functions[dataIndex].name,
            label: ({ raw }) => `${raw.x.toLocaleString("en")} cycles`,
          },
        },
      },
    },
  };
});

lsgd.define("cost", (chart, theme) => {
  const ports = [...new Set(chart.bars.map((bar) => bar.port))];
  const colors = [theme.accent, theme.second, theme.third, theme.fourth];
  const names = {
    id: "names",
    afterDatasetsDraw({ ctx, scales: { y }, chartArea }) {
      ctx.save();
      ctx.fillStyle = theme.muted;
      ctx.font = `11px ${theme.font}`;
      ctx.textBaseline = "bottom";
      chart.bars.forEach((bar, line) =>
        ctx.fillText(`${bar.name}  ${bar.instructions.toLocaleString("en")}`, chartArea.left + 4,
          y.getPixelForValue(line) - 3, chartArea.width - 8));
      ctx.restore();
    },
  };
  return {
    type: "bar",
    data: {
      datasets: [{
        data: chart.bars.map((bar, line) => ({ x: bar.instructions, y: line + 0.2 })),
        backgroundColor: chart.bars.map((bar) => colors[ports.indexOf(bar.port) % colors.length]),
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
        y: { type: "linear", min: -0.6, max: chart.bars.length - 0.4, reverse: true, display: false, offset: false },
      },
      plugins: {
        tooltip: {
          callbacks: {
            title: ([{ dataIndex }]) => chart.bars[dataIndex].name,
            label: ({ raw }) => `${raw.x.toLocaleString("en")} instructions`,
          },
        },
      },
    },
  };
});

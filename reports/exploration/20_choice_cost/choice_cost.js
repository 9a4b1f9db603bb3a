lsgd.define("choice_cost", (chart, theme) => {
  const costs = chart.points.map(({ cost }) => cost);
  const logarithmic = Math.max(...costs) > 20 * Math.min(...costs);
  const color = ({ is_close }) => (is_close ? theme.fourth : theme.accent);
  const intervals = {
    id: "intervals",
    beforeDatasetsDraw({ ctx, scales: { x, y }, chartArea }) {
      ctx.save();
      ctx.setLineDash([4, 4]);
      ctx.strokeStyle = theme.muted;
      ctx.beginPath();
      ctx.moveTo(chartArea.left, y.getPixelForValue(100 * chart.majority));
      ctx.lineTo(chartArea.right, y.getPixelForValue(100 * chart.majority));
      ctx.stroke();
      ctx.setLineDash([]);
      for (const point of chart.points) {
        ctx.strokeStyle = color(point);
        ctx.beginPath();
        ctx.moveTo(x.getPixelForValue(point.cost), y.getPixelForValue(100 * point.accuracy.low));
        ctx.lineTo(x.getPixelForValue(point.cost), y.getPixelForValue(100 * point.accuracy.high));
        ctx.stroke();
      }
      ctx.restore();
    },
  };
  return {
    type: "scatter",
    data: {
      datasets: [{
        data: chart.points.map((point) => ({ x: point.cost, y: 100 * point.accuracy.mean, point })),
        radius: 4,
        pointStyle: chart.points.map(({ is_close }) => (is_close ? "rect" : "circle")),
        borderColor: chart.points.map(color),
        backgroundColor: chart.points.map((point) => color(point) + "80"),
      }],
    },
    plugins: [intervals],
    options: {
      scales: {
        x: {
          type: logarithmic ? "logarithmic" : "linear",
          afterBuildTicks: logarithmic ? lsgd.keepRoundTicks : undefined,
          grid: { color: theme.line },
          ticks: { maxRotation: 0, maxTicksLimit: 6, callback: (value) => lsgd.shortCount(value) },
        },
        y: {
          suggestedMin: 100 * chart.majority - 2,
          grace: "10%",
          grid: { color: theme.line },
          ticks: { callback: (value) => `${Number(value.toFixed(1))} %` },
        },
      },
      plugins: {
        tooltip: {
          callbacks: {
            label: ({ raw: { x, y, point } }) => `${point.name}: ${y.toFixed(1)} %, ${x.toLocaleString("en")} ${chart.unit}`,
          },
        },
      },
    },
  };
});

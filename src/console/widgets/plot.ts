/** Plots of the last minutes, by uPlot, in the colours of the theme. */

import { useEffect, useRef } from "preact/hooks";
// Before uPlot, which fails where the browser's language is no valid tag.
import "./language.ts";
import uPlot from "uplot";
import { formatRate } from "./format.ts";
import { type Child, html } from "./html.ts";

/** One line; its colour is that of its place in the list. */
export interface Series {
  readonly label: string;
  readonly values: readonly number[];
}

interface PlotProps {
  readonly title: string;
  /** Milliseconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  /** Milliseconds that the plot shows until the last time, where there are values of all of them. */
  readonly span: number;
}

const HEIGHT = 150;
/** Seconds that a plot shows at least: values of a realm that has just woken fill it soon. */
const LEAST_SPAN = 20;
/** Seconds up to which the times have seconds. */
const SHORT_SPAN = 300;

/** A plot with its legend, which has the latest values. */
export function Plot({ title, times, series, span }: PlotProps): Child {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const data = [
    times.map((time) => time / 1000),
    ...series.map(({ values }) => values),
  ] as unknown as uPlot.AlignedData;
  const latest = useRef({ data, span });
  latest.current = { data, span };
  useEffect(() => {
    const element = place.current!;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(element, series, latest), latest.current.data, element);
    };
    draw();
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    addEventListener("themechange", draw);
    return () => {
      observer.disconnect();
      scheme.removeEventListener("change", draw);
      removeEventListener("themechange", draw);
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(data));
  const values = series.map(({ label, values }) => `${label} ${formatRate(values.at(-1) ?? 0)}`);
  return html`<figure class="card plot" role="img" aria-label=${`${title}: ${values.join(", ")}`}>
    <figcaption><h2>${title}</h2>
      <span class="legend">${series.map(
        ({ label, values }, index) =>
          html`<span><i class=${`series-${index + 1}`}></i>${label} <b>${formatRate(values.at(-1) ?? 0)}</b></span>`,
      )}</span>
    </figcaption>
    <div class="canvas" ref=${place}></div>
  </figure>`;
}

function optionsOf(
  element: HTMLElement,
  series: readonly Series[],
  latest: { current: { readonly data: uPlot.AlignedData; readonly span: number } },
): uPlot.Options {
  const colorOf = (selector: string): string => {
    const found = element.parentElement?.querySelector(selector) ?? element;
    return getComputedStyle(found).color;
  };
  const quiet = getComputedStyle(element).color;
  const line = getComputedStyle(element).borderTopColor;
  const axis = { stroke: quiet, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: () => rangeOf(latest.current) },
      y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 80,
        values: (_, splits) => {
          const [from, to] = rangeOf(latest.current);
          const length = to - from < SHORT_SPAN ? 8 : 5;
          return splits.map((time) => new Date(time * 1000).toTimeString().slice(0, length));
        },
      },
      { ...axis, size: 46, space: 36, values: (_, splits) => splits.map(formatRate) },
    ],
    series: [
      {},
      ...series.map(({ label }, index) => {
        const stroke = colorOf(`.series-${index + 1}`);
        const fill = index === 0 && { fill: stroke.replace(")", ", 0.1)") };
        return { label, stroke, ...fill, width: 2, points: { show: false } };
      }),
    ],
  };
}

/** From the first value on, so that a realm that has just woken has more than a dot at the right. */
function rangeOf({
  data: [times],
  span,
}: {
  readonly data: uPlot.AlignedData;
  readonly span: number;
}): [number, number] {
  const last = times.at(-1) ?? Date.now() / 1000;
  const first = Math.min(times[0] ?? last, last - LEAST_SPAN);
  return [Math.max(first, last - span / 1000), last];
}

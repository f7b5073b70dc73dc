# The size plot from size.csv alone, for people without Python:
#
#   gnuplot -e "csv='DIR/size.csv'; out='size.svg'" plots/size.gp
#
# Variables: csv; out (.svg or .png); kernels='copy_libc_memcpy copy_avx2' (default: the C library's
# memcpy and of each family the kernel that is fastest on average, at most seven); temperature
# ('warm' or 'cold'). Needs gnuplot 5.4.

if (!exists("csv")) \
    exit error "which file? gnuplot -e \"csv='DIR/size.csv'; out='size.svg'\" plots/size.gp"
if (!exists("out")) out = "size.svg"
if (!exists("temperature")) temperature = "warm"
suffix = substr(out, strlen(out) - 3, strlen(out))
if (suffix ne ".svg" && suffix ne ".png") \
    exit error sprintf("out='%s' is neither .svg nor .png", out)

set datafile separator comma
set datafile columnheaders
set datafile missing NaN # cells not wanted are skipped, so that lines run through

# The rate of a row, NaN unless it is that kernel's, of that temperature and measured.
rate(kernel) = strcol("kernel") eq kernel && strcol("temperature") eq temperature \
    && strlen(strcol("gb_per_s")) && column("size") > 0 ? column("gb_per_s") : NaN
# The instruction word of operation_instruction_variant.
spaced(text) = strstrt(text, "_") \
    ? text[1:strstrt(text, "_") - 1]." ".spaced(text[strstrt(text, "_") + 1:*]) : text
family(kernel) = word(spaced(kernel), 2)
holds(list, name) = strstrt(" ".list." ", " ".name." ") > 0

# How many of a kernel's rows can be drawn from that size on, and the sum of their logarithms.
tally(kernel, least) = rate(kernel) > 0 && column("size") >= least \
    ? (count = count + 1, total = total + log(rate(kernel))) : 0

if (!exists("kernels")) {
    present = ""
    largest = 0
    note(kernel) = !holds(present, kernel) && kernel[1:5] eq "copy_" \
        ? strlen(present = present." ".kernel) : 0
    widen(size) = size > largest ? (largest = size) : largest
    stats csv using (note(strcol("kernel")) + widen(column("size"))) nooutput
    # Every kernel can copy whole KiB: only from there on are the averages of the same cells.
    least = largest < 1024 ? 1 : 1024
    kernels = ""
    families = ""
    array speed[words(present) + 1]
    do for [i = 1:words(present)] {
        kernel = word(present, i)
        total = 0.0
        count = 0
        stats csv using (tally(kernel, least)) nooutput
        speed[i] = count ? total / count : -1e9
        if (count && family(kernel) eq "libc" && !strstrt(kernel, "memmove") && !words(kernels)) {
            kernels = kernel
            families = "libc"
        }
    }
    do for [turn = words(kernels) + 1:7] {
        best = -1e8
        do for [i = 1:words(present)] {
            kernel = word(present, i)
            if (!holds(families, family(kernel)) && speed[i] > best) {
                best = speed[i]
                chosen = kernel
            }
        }
        if (best > -1e8) {
            kernels = kernels." ".chosen
            families = families." ".family(chosen)
        }
    }
}
if (!words(kernels)) {
    exit error sprintf("%s: no measured %s cell of a copy kernel", csv, temperature)
}
do for [kernel in kernels] {
    total = 0.0
    count = 0
    stats csv using (tally(kernel, 1)) nooutput
    if (!count) {
        exit error sprintf("%s: no measured %s cell of kernel '%s'", csv, temperature, kernel)
    }
}

if (suffix eq ".svg") {
    set terminal svg size 1000,640 font "DejaVu Sans,14" noenhanced background "white"
} else {
    set terminal pngcairo size 1000,640 font "DejaVu Sans,11" noenhanced background "white"
}
set output out
set title sprintf("What one copy costs by size (%s)", temperature)
set xlabel "bytes copied (working set: src and dst, twice that)"
set ylabel "GB/s (10⁹ payload bytes a second)"
set logscale x 2
set logscale y 10
set xtics ("1 B" 1, "16 B" 16, "256 B" 256, "4 KiB" 4096, "64 KiB" 65536, "1 MiB" 2**20, \
    "16 MiB" 2**24, "256 MiB" 2**28, "4 GiB" 2.0**32)
set format y "%g"
set grid ytics linecolor rgb "#dddddd" linetype 1
set border 3 linecolor rgb "#555555"
set tics nomirror
set key outside right center samplen 3
set xrange [*:*] noextend
set yrange [*:*] noextend

# Okabe & Ito's colours, the first black and thick for the C library's memcpy.
array colour[8] = ["#000000", "#0072b2", "#d55e00", "#009e73", \
    "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f"]
do for [i = 1:8] {
    set style line i linecolor rgb colour[i] linewidth (i == 1 ? 3 : 1.5) dashtype i \
        pointtype i + 3 pointsize 0.7 pointinterval 4
}
shown(kernel) = spaced(kernel)[6:*]
plot for [i = 1:words(kernels)] csv using "size":(rate(word(kernels, i))) smooth unique \
    with linespoints linestyle (i - 1) % 8 + 1 title shown(word(kernels, i))

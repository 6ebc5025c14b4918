# CPU seconds of the peers on the data of the project: dga, Rcapture, LCMCR. Called by overlap.sh where R has them.
arguments <- commandArgs(trailingOnly = TRUE)
task <- arguments[1]
data <- read.csv(arguments[2])
cpu <- function(expression) { used <- system.time(expression); cat(used[["user.self"]] + used[["sys.self"]], "\n") }
lists <- data[, names(data) != "count"]
if (task == "dga") {
  suppressMessages(library(dga))
  data(graphs5, package = "dga")
  counts <- array(0, dim = rep(2, 5))
  for (row in seq_len(nrow(data))) counts[matrix(unlist(lists[row, ]) + 1, 1)] <- data$count[row]
  cpu(invisible(bma.cr(counts, Nmissing = 1:30000, delta = 1 / 32, graphs = graphs5)))
} else if (task == "loglinear") {
  suppressMessages(library(Rcapture))
  cpu(invisible(closedpMS.t(as.matrix(cbind(lists, data$count)), dfreq = TRUE)))
} else if (task == "chain") {
  suppressMessages(library(LCMCR))
  rows <- lists[rep(seq_len(nrow(lists)), data$count), ]
  rows[] <- lapply(rows, factor, levels = c(0, 1))
  cpu({
    sampler <- lcmCR(captures = rows, tabular = FALSE, K = 10, a_alpha = 0.25, b_alpha = 0.25, seed = 1,
                     buffer_size = 10000, thinning = 100)
    invisible(lcmCR_PostSampl(sampler, burnin = 0, samples = 10000, thinning = 100, output = FALSE))
  })
}

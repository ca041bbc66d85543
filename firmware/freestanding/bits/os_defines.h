// SPDX-License-Identifier: Apache-2.0
// Stands in for the host's: no operating system, nothing to define.

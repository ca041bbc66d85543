// SPDX-License-Identifier: Apache-2.0
// Every bound of the product in one place: what may wait, repeat or grow says here how far.
// C++17 so that the SystemC model reads it too. rtl/understudy_pkg.sv holds the same numbers
// where gateware has them; tests/protocol compares the two.
#pragma once

#include <cstdint>

namespace understudy::protocol::limits {

// --- picture -------------------------------------------------------------------------------
inline constexpr uint32_t tag_pixels = 40;          // pixels that carry the tag; least raster width
inline constexpr uint32_t width_max = 4096;         // pixels a line
inline constexpr uint32_t height_max = 2304;        // lines a frame
inline constexpr uint32_t store_lines_default = 4;  // lines kept of each source
inline constexpr uint32_t source_lead_lines =
    2;  // a source's line y starts this long before output line y

// --- heartbeat and arbiter (run-time registers; these are their ranges) ----------------------
inline constexpr uint32_t beat_window_max = 16;  // N, 1..16
inline constexpr uint32_t flap_changes_max = 4;  // changes remembered by the anti-flap rule
inline constexpr uint32_t event_log_depth = 64;  // events, a power of two

// --- link ----------------------------------------------------------------------------------
inline constexpr uint32_t link_payload_max = 64;  // bytes of one message before COBS, CRC included
inline constexpr uint32_t link_frame_max = 66;    // bytes on the wire: COBS adds one, then the zero
inline constexpr uint32_t firmware_line_max = 39;  // characters of a line for the firmware
inline constexpr uint32_t firmware_text_max = 22;  // characters of one piece of its answer

// --- hosts -----------------------------------------------------------------------------------
inline constexpr uint32_t video_slots = 4;  // frame buffers between playout and its video output
inline constexpr uint32_t video_lead_frames = 2;   // genlock asks for frame k+2 when frame k starts
inline constexpr uint32_t log_lead_frames = 8;     // a parameter change takes effect this far ahead
inline constexpr uint32_t log_commit_frames = 4;   // a change must be settled this long before it
inline constexpr uint32_t log_pending_max = 32;    // changes that wait to be acknowledged
inline constexpr uint32_t log_entries_max = 4096;  // entries kept; older ones are in the snapshot
inline constexpr uint32_t parameter_bytes_max = 256;  // one parameter's value
inline constexpr uint32_t parameter_key_max = 63;     // bytes of its name
inline constexpr uint32_t parameters_max = 64;        // parameters a server holds
inline constexpr uint32_t applications_max = 32;      // registered critical applications
inline constexpr uint32_t application_name_max = 48;  // bytes
inline constexpr uint32_t asset_packets_max =
    1u << 21;  // frames of one asset: 9.7 hours at 60 a second
inline constexpr uint32_t peer_datagram_max = 1200;    // bytes, below any path's MTU
inline constexpr uint32_t peer_queue_max = 256;        // datagrams waiting
inline constexpr uint32_t control_line_max = 65536;    // bytes of one request to a daemon
inline constexpr uint32_t peer_entries_max = 16;       // log entries or values in one datagram
inline constexpr uint32_t peer_text_max = 120;         // bytes of a reason told to the peer
inline constexpr uint32_t peer_silence_frames = 15;    // no word from the peer: it is lost
inline constexpr uint32_t peer_frames_apart_max = 60;  // more: it does not count this gate's frames
inline constexpr uint32_t peer_hellos_max = 4;         // hellos answered in one beat's time
inline constexpr uint32_t tick_silence_frames = 8;     // no tick: the appliance is lost
inline constexpr uint32_t sync_prove_frames = 300;  // a synchronisation ends in this time or fails
inline constexpr uint32_t sync_retry_frames = 30;   // ... and is tried again after this long
inline constexpr uint32_t requests_pending_max = 32;  // control requests that wait for an answer
inline constexpr uint32_t request_frames_max = 60;    // ... for this long
inline constexpr uint32_t burden_age_ms = 1000;  // an older figure of a server's load is not known
inline constexpr uint32_t control_clients_max = 16;
inline constexpr uint32_t records_kept_max = 256;         // event records that a daemon shows
inline constexpr uint32_t control_output_max = 1u << 20;  // bytes that wait for one client
inline constexpr uint32_t sim_message_max = 65536;  // bytes of one message on a simulation socket
inline constexpr uint32_t sim_silence_seconds =
    10;  // wall time after which a silent live server counts as dead

// --- connections -----------------------------------------------------------------------------
inline constexpr uint32_t connections_max = 20'000;          // live or held by one delivery
inline constexpr uint32_t connections_per_address = 10'000;  // from one address, IPv6: one /64
inline constexpr uint32_t leaving_clients_max = 256;         // turned away, and not yet gone
inline constexpr uint32_t unsent_bytes_max =
    256 * 1024;  // in the kernel for one client, beyond its window
inline constexpr uint32_t checkpoint_record_max = 64 * 1024;  // bytes of one connection's record
inline constexpr uint32_t checkpoint_sections_max = 16;       // protocols in one record
inline constexpr uint32_t checkpoint_frame_max = 256 * 1024;  // bytes of one batch on its link
inline constexpr uint32_t checkpoint_queue_max = 4u << 20;    // bytes that wait for the link
inline constexpr uint32_t responses_max = 16;           // answers in flight on one HTTP connection
inline constexpr uint32_t response_head_max = 1024;     // bytes: header and a short body
inline constexpr uint32_t request_head_max = 8 * 1024;  // bytes of one request's header
inline constexpr uint32_t request_bytes_max = 16 * 1024;  // bytes received and not yet answered
inline constexpr uint32_t object_name_max = 1024;         // bytes of a path below the root
inline constexpr uint32_t entity_tag_max = 64;            // bytes of an ETag, quotes included
inline constexpr uint32_t held_segments_max = 8192;       // segments that wait in the kernel
inline constexpr uint32_t input_message_max = 64 * 1024;  // bytes of one message of input
inline constexpr uint32_t input_held_max = 256 * 1024;  // of a connection, not taken by its service
inline constexpr uint32_t input_total_max = 64u << 20;  // ... of all connections
inline constexpr uint32_t input_stretches_max = 256;    // of a connection, apart from each other
inline constexpr uint32_t handshakes_max = 4096;        // clients that are not yet accepted

// --- RTSP and RTP ----------------------------------------------------------------------------
inline constexpr uint32_t rtp_payload_max = 1400;  // bytes: fits IPv6 and UDP in 1500
inline constexpr uint32_t rtp_packet_max = 1412;   // ... and RTP's header
inline constexpr uint32_t rtp_burst_packets = 16;  // packets sent together; then one waits
inline constexpr uint32_t rtp_again_ms = 200;      // of a dead server's last datagrams, sent again
inline constexpr uint32_t rtcp_received_max = 1500;         // bytes of one compound packet taken
inline constexpr uint32_t rtcp_blocks_max = 31;             // report blocks in one packet
inline constexpr uint32_t media_units_max = 1u << 21;       // access units of one file
inline constexpr uint32_t media_unit_bytes_max = 8u << 20;  // bytes of one access unit
inline constexpr uint32_t rtsp_head_max = 8 * 1024;  // bytes of one request's line and header
inline constexpr uint32_t rtsp_fields_max = 64;      // header fields of one request
inline constexpr uint32_t rtsp_body_max = 4 * 1024;  // bytes of its body
inline constexpr uint32_t rtsp_unread_max =
    rtsp_head_max + rtsp_body_max;                       // received, and not yet a whole request
inline constexpr uint32_t rtsp_response_max = 4 * 1024;  // bytes of one response
inline constexpr uint32_t rtsp_spans_max = 48;        // pieces of output that may be unacknowledged
inline constexpr uint32_t rtsp_text_max = 32 * 1024;  // bytes of responses among them
inline constexpr uint32_t rtsp_runs_max = 8;          // PLAYs whose bytes may be unacknowledged
inline constexpr uint32_t rtsp_timeout_seconds = 60;  // without a word, a session ends
inline constexpr uint32_t rtsp_grant_bytes = 4u << 20;  // interleaved media promised ahead

}  // namespace understudy::protocol::limits

# SPDX-License-Identifier: MIT
# libphonenumber: its runtime library, and headers from tools/phonenumber_headers (or from the system, where they are).
#
#   PhoneNumber_INCLUDE_DIR   the folder that holds phonenumbers/, google/ and absl/
#   PhoneNumber_LIBRARY       libphonenumber.so
#   PhoneNumber::PhoneNumber  the target to link
include(FindPackageHandleStandardArgs)

find_library(PhoneNumber_LIBRARY NAMES phonenumber libphonenumber.so.8)
find_library(PhoneNumber_PROTOBUF_LIBRARY NAMES protobuf libprotobuf.so.32)
find_path(PhoneNumber_INCLUDE_DIR phonenumbers/phonenumberutil.h)

if(PhoneNumber_LIBRARY AND NOT PhoneNumber_INCLUDE_DIR)
  execute_process(
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/../tools/phonenumber_headers
    OUTPUT_VARIABLE PhoneNumber_unpacked OUTPUT_STRIP_TRAILING_WHITESPACE
    ERROR_VARIABLE PhoneNumber_problem RESULT_VARIABLE PhoneNumber_result)
  if(PhoneNumber_result EQUAL 0)
    set(PhoneNumber_INCLUDE_DIR ${PhoneNumber_unpacked} CACHE PATH "Headers of libphonenumber" FORCE)
  else()
    set(PhoneNumber_NOT_FOUND_MESSAGE "${PhoneNumber_problem}")
  endif()
endif()

find_package_handle_standard_args(PhoneNumber
  REQUIRED_VARS PhoneNumber_LIBRARY PhoneNumber_PROTOBUF_LIBRARY PhoneNumber_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "${PhoneNumber_NOT_FOUND_MESSAGE}")

if(PhoneNumber_FOUND AND NOT TARGET PhoneNumber::PhoneNumber)
  add_library(PhoneNumber::PhoneNumber UNKNOWN IMPORTED)
  set_target_properties(PhoneNumber::PhoneNumber PROPERTIES
    IMPORTED_LOCATION ${PhoneNumber_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${PhoneNumber_INCLUDE_DIR}
    INTERFACE_COMPILE_DEFINITIONS I18N_PHONENUMBERS_USE_STDMUTEX
    INTERFACE_LINK_LIBRARIES ${PhoneNumber_PROTOBUF_LIBRARY})
endif()
mark_as_advanced(PhoneNumber_LIBRARY PhoneNumber_PROTOBUF_LIBRARY PhoneNumber_INCLUDE_DIR)

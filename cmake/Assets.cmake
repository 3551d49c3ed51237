# Writes the files of the web client into one .cpp: .incbin puts their bytes, as they are and compressed, into the program.
# cmake -DDIST=dir -DOUTPUT=file -P Assets.cmake
file(GLOB_RECURSE files RELATIVE ${DIST} ${DIST}/*)
list(SORT files)
set(bytes "")
set(declarations "")
set(rows "")
set(count 0)

function(content_type path result)
  set(type application/octet-stream)
  foreach(pair ".html=text/html;charset=utf-8" ".js=text/javascript;charset=utf-8" ".css=text/css;charset=utf-8"
               ".svg=image/svg+xml" ".png=image/png" ".ico=image/x-icon" ".json=application/json" ".map=application/json"
               ".webmanifest=application/manifest+json" ".txt=text/plain;charset=utf-8" ".woff2=font/woff2")
    string(REGEX MATCH "^([^=]+)=(.*)$" _ "${pair}")
    set(ending "${CMAKE_MATCH_1}")
    set(value "${CMAKE_MATCH_2}")
    string(REPLACE "." "\\." ending "${ending}")
    if(path MATCHES "${ending}$")
      set(type "${value}")
    endif()
  endforeach()
  string(REPLACE ";" "; " type "${type}")
  set(${result} "${type}" PARENT_SCOPE)
endfunction()

# Sets `expression` to the C++ name of the bytes of `path`, or {} when there is no such file.
macro(embed path)
  if(EXISTS ${path})
    string(APPEND bytes "asm(\".section .rodata\\n.balign 16\\nasset_${count}: .incbin \\\"${path}\\\"\\nasset_${count}_end: .byte 0\\n.previous\");\n")
    string(APPEND declarations "extern const char asset_${count}[] asm(\"asset_${count}\"), asset_${count}_end[] asm(\"asset_${count}_end\");\n")
    set(expression "{asset_${count}, static_cast<std::size_t>(asset_${count}_end - asset_${count})}")
    math(EXPR count "${count} + 1")
  else()
    set(expression "{}")
  endif()
endmacro()

foreach(file ${files})
  if(file MATCHES "\\.(gz|br)$")
    continue()
  endif()
  content_type(${file} type)
  file(SHA256 ${DIST}/${file} hash)
  string(SUBSTRING ${hash} 0 16 etag)
  embed(${DIST}/${file})
  set(identity "${expression}")
  embed(${DIST}/${file}.gz)
  set(gzip "${expression}")
  embed(${DIST}/${file}.br)
  string(APPEND rows "        {\"/${file}\", \"${type}\", ${identity}, ${gzip}, ${expression}, \"\\\"${etag}\\\"\"},\n")
endforeach()

file(WRITE ${OUTPUT} "// Generated from the web client's files.
#include <app/web_assets.hpp>

${bytes}
${declarations}
namespace trunkline {

http::AssetTable web_assets()
{
    static const std::vector<http::Asset> table{
${rows}    };
    return table;
}

} // namespace trunkline
")
